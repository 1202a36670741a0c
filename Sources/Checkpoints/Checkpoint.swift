// A checkpoint: tensors by name, wherever they came from. What kind of file it is stands in the file, not in its name. Nothing
// in a file is carried out, and nothing of its numbers is read until somebody asks for a tensor.
import ResNetRuntime

/// The tensors of a file of any format.
package struct Checkpoint: Sendable {
  package let path: String
  package let format: CheckpointFormat
  /// In the order of their names' bytes.
  package let tensors: [CheckpointTensor]
  /// What was decided on the way, a clause each.
  package let notes: [String]
  /// All files that were opened.
  package let files: [String]
  /// Of an ONNX file of integers, what computes with them.
  let quantized: QuantizedGraph?

  /// Opens the file at `path`.
  ///
  /// - Parameter key: Which of a checkpoint's dictionaries is meant: `model_ema`, or `outer.inner`.
  package init(_ path: String, key: String? = nil) throws(CheckpointError) {
    do throws(CheckpointFault) {
      let file: MappedFile
      do throws(ModelError) {
        file = try MappedFile(path)
      } catch {
        throw CheckpointFault.system(error)
      }
      self = try Self.read(file, key: key, isShard: false)
    } catch {
      throw CheckpointError(path: path, fault: error)
    }
  }

  /// - Parameter size: Of what was unpacked, or of all files.
  private init(
    _ file: MappedFile, _ format: CheckpointFormat, _ tensors: [CheckpointTensor], notes: [String] = [],
    size: Int? = nil, parts: [String] = [], quantized: QuantizedGraph? = nil
  ) throws(CheckpointFault) {
    guard !tensors.isEmpty else { throw .withoutTensors(format) }
    guard tensors.count <= CheckpointLimits.tensors else { throw .tooManyTensors(limit: CheckpointLimits.tensors) }
    for tensor in tensors where tensor.name.utf8.count > CheckpointLimits.nameBytes {
      throw .nameTooLong(bytes: tensor.name.utf8.count)
    }
    if let name = NameIndex(tensors.map(\.name)).duplicate { throw .duplicateName(name) }
    var total = 0
    for tensor in tensors {
      let (sum, overflow) = total.addingReportingOverflow(tensor.byteCount)
      total = overflow ? Int.max : sum
    }
    let size = max(size ?? 0, file.bytes.count)
    guard total <= CheckpointLimits.growth * size + CheckpointLimits.allowance else {
      throw .growth(bytes: total, file: size)
    }
    path = file.path
    self.format = format
    self.tensors = tensors.sorted { precedes($0.name, $1.name) }
    self.notes = notes
    files = [file.path] + parts
    self.quantized = quantized
  }

  /// The same of other tensors.
  init(_ other: Checkpoint, tensors: [CheckpointTensor]) {
    (path, format, files, notes) = (other.path, other.format, other.files, other.notes)
    quantized = other.quantized
    self.tensors = tensors.sorted { precedes($0.name, $1.name) }
  }

  private static func read(_ file: MappedFile, key: String?, isShard: Bool) throws(CheckpointFault) -> Checkpoint {
    let kind = try FileKind.of(file.bytes)
    func plain(
      _ format: CheckpointFormat, _ tensors: [CheckpointTensor], size: Int? = nil
    ) throws(CheckpointFault) -> Checkpoint {
      if let key { throw .keyUnused(key: key, format: format) }
      return try Checkpoint(file, format, tensors, size: size)
    }
    switch kind {
    case .safetensors: return try plain(.safetensors, safetensorsTensors(file))
    case .json:
      let index: ShardIndex
      do throws(IndexFault) {
        index = try ShardIndex(file.bytes)
        if isShard { throw .nested(file: file.path) }
      } catch {
        throw .index(error)
      }
      return try read(index, beside: file, key: key)
    case .zip:
      let archive: ZipArchive
      do throws(ZipFault) {
        archive = try ZipArchive(file)
      } catch {
        throw .zip(error)
      }
      if let torch = try TorchFile(archive) {
        return try torchCheckpoint(torch, file, key, size: archive.unpackedSize)
      }
      if let arrays = try npzTensors(archive) { return try plain(.npz, arrays, size: archive.unpackedSize) }
      throw .foreignArchive(names: archive.entries.prefix(4).map(\.name))
    case .pickle: return try torchCheckpoint(try TorchFile(pickled: file), file, key)
    case .protobuf:
      if protobufKind(file.bytes) == .caffe { return try plain(.caffe, caffeTensors(file)) }
      if let key { throw .keyUnused(key: key, format: .onnx) }
      return try onnxCheckpoint(file)
    }
  }

  /// With integers as the floats that they stand for.
  private static func onnxCheckpoint(_ file: MappedFile) throws(CheckpointFault) -> Checkpoint {
    let (tensors, graph) = try onnxContents(file)
    let read: (tensors: [CheckpointTensor], graph: QuantizedGraph)?
    do throws(QuantizedFault) {
      read = try QuantizedGraph.read(tensors, graph)
    } catch {
      throw .quantized(error)
    }
    guard let read else { return try Checkpoint(file, .onnx, tensors) }
    return try Checkpoint(
      file, .onnx, read.tensors, notes: ["made floats of the integers of a quantised network"], quantized: read.graph)
  }

  private static func torchCheckpoint(
    _ torch: TorchFile, _ file: MappedFile, _ key: String?, size: Int? = nil
  ) throws(CheckpointFault) -> Checkpoint {
    let (tensors, notes) = try torch.tensors(key)
    return try Checkpoint(file, torch.format, tensors, notes: notes, size: size)
  }

  private static func safetensorsTensors(_ file: MappedFile) throws(CheckpointFault) -> [CheckpointTensor] {
    do throws(SafetensorsFault) {
      var tensors: [CheckpointTensor] = []
      for entry in try Safetensors.entries(of: file.bytes) {
        guard
          let tensor = CheckpointTensor(
            name: entry.name, dtype: entry.dtype, shape: entry.shape, storage: .mapped(file, entry.bytes))
        else { throw .misalignedSlice(tensor: entry.name) }
        tensors.append(tensor)
      }
      return tensors
    } catch {
      throw .safetensors(error)
    }
  }

  /// The tensors of the files that an index lists, each file of whatever format.
  private static func read(
    _ index: ShardIndex, beside file: MappedFile, key: String?
  ) throws(CheckpointFault) -> Checkpoint {
    let folder = file.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file.path[...$0]) } ?? ""
    var tensors: [CheckpointTensor] = []
    var size = 0
    for (name, names) in index.files {
      let shard: Checkpoint
      do throws(CheckpointFault) {
        let part: MappedFile
        do throws(ModelError) {
          part = try MappedFile(folder + name)
        } catch {
          throw CheckpointFault.system(error)
        }
        size += part.bytes.count
        shard = try read(part, key: key, isShard: true)
      } catch {
        throw .shard(name: name, error)
      }
      let places = NameIndex(shard.tensors.map(\.name))
      for tensor in names {
        guard let place = places.find(tensor) else { throw .index(.tensorMissing(name: tensor, file: name)) }
        tensors.append(shard.tensors[place])
      }
    }
    return try Checkpoint(
      file, .safetensorsIndex, tensors, notes: ["read \(index.files.count) files by their index"], size: size,
      parts: index.files.map { folder + $0.name })
  }
}
