// PyTorch's checkpoints, both formats. Since version 1.6 a zip archive: `NAME/data.pkl` says what there is, `NAME/data/KEY`
// holds a storage each. Before that pickles in a row, and behind them the storages. TorchScript's archives are like the
// former, with code beside it that nobody reads here.
import ResNetRuntime

/// What a file's pickle holds, and the bytes of its storages.
struct TorchFile {
  let format: CheckpointFormat
  let result: PickleResult
  /// The pickle, in which bytes of NumPy's arrays lie.
  let pickle: StorageBytes
  /// For each of the pickle's storages.
  let storages: [StorageBytes]
}

// MARK: - Zip

extension TorchFile {
  /// Of an archive that holds `NAME/data.pkl`; `nil` if it does not.
  init?(_ archive: ZipArchive) throws(CheckpointFault) {
    let names = archive.entries.map(\.name).filter { $0.hasSuffix("/data.pkl") || $0 == "data.pkl" }
    guard let name = names.min(by: { $0.utf8.count < $1.utf8.count }), let entry = archive[name] else { return nil }
    let folder = String(name.dropLast("data.pkl".utf8.count))
    let isScript = archive[folder + "constants.pkl"] != nil
    if let order = archive[folder + "byteorder"] {
      let text = try Self.bytes(order, of: archive)
      if text.withBytes({ $0.starts(with: Array("big".utf8)) }) { throw .torch(.bigEndian) }
    }
    guard entry.size <= CheckpointLimits.pickleBytes else { throw .pickle(.tooLarge(bytes: entry.size)) }
    let pickle = try Self.bytes(entry, of: archive)
    let read = pickle.withBytes { bytes -> Result<PickleResult, PickleFault> in
      var machine = PickleMachine(bytes, script: isScript)
      do throws(PickleFault) {
        machine.result.root = try machine.run()
        return .success(machine.result)
      } catch {
        return .failure(error)
      }
    }
    let result: PickleResult
    switch read {
    case .success(let value): result = value
    case .failure(let fault): throw .pickle(fault)
    }
    var opened: [Int: StorageBytes] = [:]
    var storages: [StorageBytes] = []
    let index = NameIndex(archive.entries.map(\.name))
    for storage in result.storages {
      guard let place = index.find("\(folder)data/\(storage.key)") else {
        throw .torch(.storageMissing(key: storage.key))
      }
      let entry = archive.entries[place]
      guard storage.byteCount == entry.size else {
        throw .torch(.storageSize(key: storage.key, expected: storage.byteCount ?? Int.max, found: entry.size))
      }
      let bytes: StorageBytes
      if let known = opened[place] { bytes = known } else { bytes = try Self.bytes(entry, of: archive) }
      opened[place] = bytes
      storages.append(bytes)
    }
    self.init(format: isScript ? .torchScript : .torchZip, result: result, pickle: pickle, storages: storages)
  }

  private static func bytes(_ entry: ZipArchive.Entry, of archive: ZipArchive) throws(CheckpointFault) -> StorageBytes {
    do throws(ZipFault) {
      return try archive.bytes(entry)
    } catch {
      throw .zip(error)
    }
  }
}

// MARK: - Pickles in a row

extension TorchFile {
  /// 0x1950A86A20F9469CFC6C, the first of the pickles.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  /// Of a file that begins as a pickle does.
  init(pickled file: MappedFile) throws(CheckpointFault) {
    var machine = PickleMachine(file.bytes)
    func next() throws(CheckpointFault) -> PickleValue {
      do throws(PickleFault) {
        return try machine.run()
      } catch {
        throw .pickle(error)
      }
    }
    let first = try next()
    let pickle = StorageBytes.mapped(file, 0..<file.bytes.count)
    guard first == .large(Self.magic) else {
      // One pickle alone, as Detectron and others store arrays of NumPy's.
      guard machine.result.storages.isEmpty else { throw .torch(.notLegacy) }
      machine.result.root = first
      self.init(format: .pickle, result: machine.result, pickle: pickle, storages: [])
      return
    }
    guard try next() == .integer(1001) else { throw .torch(.protocolVersion) }
    if Self.isBigEndian(try next(), machine.result) { throw .torch(.bigEndian) }
    machine.result.root = try next()
    let keys = try next()
    let storages = try Self.storages(machine.items(keys, .list), of: machine.result, in: file, from: machine.position)
    self.init(format: .torchLegacy, result: machine.result, pickle: pickle, storages: storages)
  }

  private static func isBigEndian(_ system: PickleValue, _ result: PickleResult) -> Bool {
    guard case .node(let index) = system else { return false }
    let items = result.nodes[index].items
    return zip(items, items.dropFirst()).contains { $0 == .text("little_endian") && $1 == .boolean(false) }
  }

  /// Behind the pickles: for each key the number of elements, and the elements.
  private static func storages(
    _ keys: [PickleValue]?, of result: PickleResult, in file: MappedFile, from start: Int
  ) throws(CheckpointFault) -> [StorageBytes] {
    guard let keys else { throw .torch(.badStorageList) }
    let names = NameIndex(result.storages.map(\.key))
    var places: [(key: String, bytes: Range<Int>)] = []
    var position = start
    for key in keys {
      guard case .text(let key) = key else { throw .torch(.badStorageList) }
      guard let index = names.find(key) else { throw .torch(.storageUnknown(key: key)) }
      guard file.bytes.count - position >= 8 else { throw .torch(.cutShort(key: key)) }
      let width = (result.storages[index].dtype?.bits ?? 8) / 8
      guard let count = Int(exactly: file.bytes.u64(position)) else { throw .torch(.cutShort(key: key)) }
      let (size, overflow) = count.multipliedReportingOverflow(by: width)
      position += 8
      guard !overflow, size <= file.bytes.count - position else { throw .torch(.cutShort(key: key)) }
      places.append((key, position..<position + size))
      position += size
    }
    let index = NameIndex(places.map(\.key))
    var storages: [StorageBytes] = []
    for storage in result.storages {
      guard let place = index.find(storage.key) else { throw .torch(.storageMissing(key: storage.key)) }
      let whole = places[place].bytes
      let width = (storage.dtype?.bits ?? 8) / 8
      let (skipped, overflow) = storage.viewOffset.multipliedReportingOverflow(by: width)
      guard let size = storage.byteCount, !overflow, skipped <= whole.count, size <= whole.count - skipped else {
        throw .torch(
          .storageSize(key: storage.key, expected: storage.byteCount ?? Int.max, found: whole.count))
      }
      let first = whole.lowerBound + skipped
      storages.append(.mapped(file, first..<first + size))
    }
    return storages
  }
}

// MARK: - Tensors

extension TorchFile {
  /// The tensors of the dictionary that `key` names, or of the likeliest, and what there is to say of that.
  func tensors(_ key: String?) throws(CheckpointFault) -> ([CheckpointTensor], notes: [String]) {
    let (dictionary, note) = try TorchTree(result).choose(key)
    guard dictionary.entries.count <= CheckpointLimits.tensors else {
      throw .tooManyTensors(limit: CheckpointLimits.tensors)
    }
    // Of keys that come twice the last holds, as in Python.
    let index = NameIndex(dictionary.entries.map(\.name))
    var tensors: [CheckpointTensor] = []
    for (place, entry) in dictionary.entries.enumerated() where index.find(entry.name) == place {
      switch entry.value {
      case .tensor(let number):
        let pickled = result.tensors[number]
        guard
          let tensor = CheckpointTensor(
            name: entry.name, dtype: pickled.dtype, shape: pickled.shape, strides: pickled.strides,
            storage: storages[pickled.storage], offset: pickled.offset)
        else { throw .torch(.tensorOutside(name: entry.name)) }
        tensors.append(tensor)
      case .node(let node):
        do throws(NumpyFault) {
          tensors.append(try arrayInPickle(result.nodes[node], named: entry.name, result, pickle))
        } catch {
          throw .numpy(error)
        }
      default: break
      }
    }
    return (tensors, note.map { [$0] } ?? [])
  }
}
