// The functions and classes that checkpoints are made of: all that a pickle may ask for. None is called; each is a case
// whose meaning for weights is written down in PickleCalls.swift. Whatever is not in this list is refused by its name.
import ResNetRuntime

enum PickleGlobal: Sendable, Equatable {
  /// `collections.OrderedDict`, `dict`, `defaultdict`.
  case dictionary
  /// `torch.Size`, `list`, `tuple`: their one argument.
  case sequence
  case rebuildTensor
  /// With the type as an argument, of a storage of bytes.
  case rebuildTypedTensor
  /// A parameter is its tensor.
  case rebuildParameter
  /// The class of parameters, of which the oldest files have objects.
  case parameter
  /// A function, a class, its arguments, its attributes.
  case rebuildFromType
  /// A class of storages; no type for bytes.
  case storage(DType?)
  /// `torch.float32`.
  case type(DType)
  case numpyReconstruct
  case numpyArrayClass
  case numpyType
  /// Text of which each character is a byte.
  case encode
  /// A class of TorchScript's, which comes as its attributes.
  case module
  /// Arguments, dates, scalars: known, and of no use to weights.
  case opaque

  /// The global of a name, if weights may need it.
  static func named(_ module: String, _ name: String, script: Bool) -> PickleGlobal? {
    switch (module, name) {
    case ("collections", "OrderedDict"), ("collections", "defaultdict"), ("builtins", "dict"), ("__builtin__", "dict"):
      .dictionary
    case ("torch", "Size"), ("builtins", "list"), ("__builtin__", "list"), ("builtins", "tuple"),
      ("__builtin__", "tuple"):
      .sequence
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): .rebuildTypedTensor
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"): .rebuildParameter
    case ("torch._tensor", "_rebuild_from_type_v2"), ("torch._tensor", "_rebuild_from_type"): .rebuildFromType
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): .storage(nil)
    case ("torch", _) where name.hasSuffix("Storage"): storage(name)
    case ("torch.cuda", _) where name.hasSuffix("Storage"): storage(name)
    case ("torch", _) where type(name) != nil: type(name).map { .type($0) }
    case ("torch.jit._pickle", "build_intlist"), ("torch.jit._pickle", "build_tensorlist"): .sequence
    case (_, _) where script && (module == "__torch__" || module.hasPrefix("__torch__.")): .module
    case (_, "_reconstruct") where isNumpyCore(module): .numpyReconstruct
    case (_, "scalar") where isNumpyCore(module): .opaque
    case ("numpy", "ndarray"): .numpyArrayClass
    case ("numpy", "dtype"): .numpyType
    case ("_codecs", "encode"): .encode
    case ("torch.nn.parameter", "Parameter"), ("torch.nn", "Parameter"): .parameter
    case ("torch", "Tensor"), ("torch", "device"): .opaque
    case (_, _) where ignored.contains("\(module).\(name)"): .opaque
    default: nil
    }
  }

  private static func isNumpyCore(_ module: String) -> Bool {
    module == "numpy.core.multiarray" || module == "numpy._core.multiarray"
  }

  /// What training scripts leave beside weights: settings, dates, paths, figures.
  private static let ignored: Set<String> = [
    "argparse.Namespace", "types.SimpleNamespace", "collections.Counter", "builtins.set", "__builtin__.set",
    "builtins.frozenset", "builtins.complex", "builtins.bytearray", "builtins.slice", "builtins.range",
    "__builtin__.frozenset", "__builtin__.complex", "__builtin__.bytearray", "__builtin__.slice", "__builtin__.xrange",
    "collections.deque", "datetime.timezone",
    "pathlib.Path", "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath", "pathlib.PureWindowsPath",
    "pathlib._local.PosixPath", "pathlib._local.WindowsPath", "datetime.datetime", "datetime.date",
    "datetime.timedelta", "uuid.UUID", "torch.serialization._get_layout", "torch.torch_version.TorchVersion",
    "pytorch_lightning.utilities.parsing.AttributeDict", "lightning.fabric.utilities.data.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict", "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "easydict.EasyDict", "yacs.config.CfgNode", "fvcore.common.config.CfgNode",
  ]

  private static func storage(_ name: String) -> PickleGlobal? {
    let type: DType? =
      switch name {
      case "DoubleStorage": .f64
      case "FloatStorage": .f32
      case "HalfStorage": .f16
      case "BFloat16Storage": .bf16
      case "LongStorage": .i64
      case "IntStorage": .i32
      case "ShortStorage": .i16
      case "CharStorage": .i8
      case "ByteStorage": .u8
      case "BoolStorage": .bool
      case "ComplexFloatStorage": .c64
      default: nil
      }
    return type.map { .storage($0) }
  }

  private static func type(_ name: String) -> DType? {
    switch name {
    case "float64", "double": .f64
    case "float32", "float": .f32
    case "float16", "half": .f16
    case "bfloat16": .bf16
    case "int64", "long": .i64
    case "int32", "int": .i32
    case "int16", "short": .i16
    case "int8": .i8
    case "uint8": .u8
    case "uint16": .u16
    case "uint32": .u32
    case "uint64": .u64
    case "bool": .bool
    case "complex64": .c64
    case "float8_e4m3fn": .f8e4m3
    case "float8_e5m2": .f8e5m2
    default: nil
    }
  }
}

/// Whether a name that was asked for is a class of a network: such a file holds a whole model.
func isModelClass(_ module: String, _ name: String) -> Bool {
  let packages = [
    "torch.nn.modules", "torch.nn.parallel", "torchvision.models", "timm.models", "models", "model", "resnet",
    "networks",
  ]
  return packages.contains { module == $0 || module.hasPrefix($0 + ".") }
    || name.first?.isUppercase == true && ["resnet", "net"].contains { name.lowercased().hasSuffix($0) }
}
