// Pickles that would run something, or reach for something outside: each is refused by the name of what it asks for. The corpus
// only sees the sentences; that nothing runs is what PickleTests.swift holds.
@testable import ResNetCheckpoints

extension MalformedFile {
  /// Functions and classes that such pickles have been seen to use, or could.
  private static let wanted = [
    "os.system", "posix.system", "nt.system", "os.popen", "os.execv", "os.spawnl", "os.remove", "os.putenv",
    "subprocess.Popen", "subprocess.check_output", "subprocess.run", "subprocess.getoutput", "commands.getoutput",
    "builtins.eval", "builtins.exec", "builtins.compile", "builtins.open", "builtins.getattr", "builtins.setattr",
    "builtins.__import__", "builtins.breakpoint", "builtins.input", "builtins.globals", "builtins.map", "builtins.type",
    "__builtin__.eval", "__builtin__.execfile", "__builtin__.getattr", "__builtin__.apply", "importlib.import_module",
    "runpy._run_code", "runpy.run_path", "pty.spawn", "platform.popen", "pip.main", "shutil.rmtree", "shutil.copyfile",
    "socket.create_connection", "urllib.request.urlopen", "requests.get", "http.client.HTTPSConnection",
    "smtplib.SMTP", "webbrowser.open", "ctypes.CDLL", "ctypes.memmove", "code.InteractiveInterpreter.runcode",
    "codeop.compile_command", "pdb.run", "bdb.Bdb.run", "timeit.timeit", "cProfile.run", "trace.Trace", "sys.exit",
    "sys.settrace", "signal.raise_signal", "threading.Thread", "multiprocessing.Process", "asyncio.run",
    "concurrent.futures.ThreadPoolExecutor", "pickle.loads", "_pickle.loads", "marshal.loads", "shelve.open",
    "copyreg._reconstructor", "copy_reg.add_extension", "types.FunctionType", "types.CodeType", "functools.partial",
    "functools.reduce", "operator.attrgetter", "operator.methodcaller", "itertools.starmap", "pydoc.pipepager",
    "logging.config.dictConfig", "tempfile.mkstemp", "sqlite3.connect", "zipimport.zipimporter", "numpy.load",
    "numpy.testing._private.utils.runstring", "numpy.f2py.crackfortran.getlincoef", "pandas.read_pickle",
    "joblib.load", "dill.loads", "cloudpickle.loads", "torch.load", "torch.hub.load", "torch.jit.load",
    "torch.utils.cpp_extension.load_inline", "torch.fx.graph_module.reduce_graph_module",
    "torch.storage._load_from_bytes", "torch.package.PackageImporter", "torch._dynamo.guards.GuardBuilder.get",
    "torch.evilStorage", "__torch__.Thing", "__main__.payload",
  ]

  static func attacks() -> [MalformedFile] {
    func file(_ name: String, _ pickle: [UInt8], _ says: String) -> MalformedFile {
      .init(.pickle, name, torchFile([0x80, 2] + pickle), says)
    }
    let call = op("(") + pickled("touch /tmp/it-ran") + op("tR.")
    let byName = wanted.map { name in
      let parts = name.split(separator: ".").map(String.init)
      let module = parts.dropLast().joined(separator: ".")
      return file("calls \(name)", global(module, parts[parts.count - 1]) + call, "asks for '\(name)'")
    }
    let classes = [
      "torchvision.models.resnet.ResNet", "torch.nn.modules.container.Sequential",
      "torch.nn.parallel.data_parallel.DataParallel", "timm.models.resnet.ResNet", "__main__.MyNet",
      "models.resnet.Bottleneck", "networks.Encoder",
    ].map { name in
      let parts = name.split(separator: ".").map(String.init)
      let pickle = global(parts.dropLast().joined(separator: "."), parts[parts.count - 1]) + op(")") + [0x81] + op(".")
      return file("an object of \(name)", pickle, "a whole model of class '\(name)'")
    }
    // Other ways to a name than GLOBAL and REDUCE.
    let otherWays: [MalformedFile] = [
      file("STACK_GLOBAL", pickled("os") + pickled("abort") + [0x93] + call, "'os.abort'"),
      file(
        "a name from the memo", pickled("os") + [0x94] + op("0h\u{0}") + pickled("kill") + [0x93] + call, "'os.kill'"),
      file("NEWOBJ", global("os", "fork") + op(")") + [0x81] + op("."), "'os.fork'"),
      file("a name that is never called", global("os", "wait") + op("."), "'os.wait'"),
      file("a name within a name", global("torch", "serialization.load") + call, "'torch.serialization.load'"),
      file("INST", op("(ios\nsystem\n."), "uses INST at byte 3"),
      file("OBJ", op("(") + global("collections", "OrderedDict") + op("o."), "uses OBJ"),
      file("PERSID", op("Pname\n."), "uses PERSID"),
      file("EXT1", [0x82, 1], "uses EXT1"), file("EXT2", [0x83, 1, 0], "uses EXT2"),
      file("EXT4", [0x84, 1, 0, 0, 0], "uses EXT4"), file("NEWOBJ_EX", op("))}") + [0x92], "uses NEWOBJ_EX"),
      file("NEXT_BUFFER", [0x97], "uses NEXT_BUFFER"), file("READONLY_BUFFER", [0x98], "uses READONLY_BUFFER"),
      file("a call of a storage", global("torch", "FloatStorage") + op(")R."), "a call of a storage or a type"),
      file("a type from the list that is called", global("torch", "float32") + op(")") + [0x81] + op("."), "a call of"),
      file("text that is called", pickled("os.system") + op(")R."), "gives 'REDUCE'"),
      file("state that is set on text", pickled("x") + op("}b."), "gives 'BUILD'"),
    ]
    return byName + classes + otherWays
  }
}
