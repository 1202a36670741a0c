// NumPy's .npz: a zip archive with an array in each entry.
import ResNetRuntime

/// The arrays of an archive; `nil` if it has none.
func npzTensors(_ archive: ZipArchive) throws(CheckpointFault) -> [CheckpointTensor]? {
  let entries = archive.entries.filter { $0.name.hasSuffix(".npy") }
  guard !entries.isEmpty else { return nil }
  guard entries.count <= CheckpointLimits.tensors else { throw .tooManyTensors(limit: CheckpointLimits.tensors) }
  var tensors: [CheckpointTensor] = []
  for entry in entries {
    let name = String(entry.name.dropLast(4))
    let bytes: StorageBytes
    do throws(ZipFault) {
      bytes = try archive.bytes(entry)
    } catch {
      throw .zip(error)
    }
    do throws(NumpyFault) {
      tensors.append(try tensor(bytes, named: name))
    } catch {
      throw .numpy(error)
    }
  }
  return tensors
}

private func tensor(_ bytes: StorageBytes, named name: String) throws(NumpyFault) -> CheckpointTensor {
  let read = bytes.withBytes { bytes -> Result<NumpyHeader, NumpyFault> in
    do throws(NumpyFault) {
      return .success(try NumpyHeader(bytes, named: name))
    } catch {
      return .failure(error)
    }
  }
  let header = try read.get()
  switch bytes {
  case .mapped(let file, let range):
    return try header.tensor(named: name, .mapped(file, range.lowerBound + header.end..<range.upperBound))
  case .memory(let bytes): return try header.tensor(named: name, .memory(Array(bytes[header.end...])))
  }
}
