// A .caffemodel: layers with blobs, which have no names. They are called by their layer and number here, `conv1.0`, and
// CaffeDialect.swift knows what each is. NetParameter 100 is a layer (2 in files before 2014), LayerParameter 1 its name and
// 7 its blobs (4 and 6 in the old ones), BlobProto 7 a shape, or 1 to 4 the sizes of old, and 5 the floats.
import ResNetRuntime

/// The blobs of a Caffe model.
func caffeTensors(_ file: MappedFile) throws(CheckpointFault) -> [CheckpointTensor] {
  do throws(ProtobufFault) {
    var tensors: [CheckpointTensor] = []
    var net = ProtobufReader(file.bytes, 0..<file.bytes.count)
    while let (field, value) = try net.next() {
      guard field == 100 || field == 2, case .range(let range) = value else { continue }
      let (nameField, blobField) = field == 100 ? (1, 7) : (4, 6)
      var name = ""
      var blobs: [Range<Int>] = []
      var layer = ProtobufReader(file.bytes, range)
      while let (field, value) = try layer.next() {
        guard case .range(let range) = value else { continue }
        if field == nameField {
          let text = UnsafeRawBufferPointer(rebasing: file.bytes[range])
          guard firstInvalidUTF8(text) == nil else { throw .noLayerName }
          name = String(decoding: text, as: UTF8.self)
        } else if field == blobField {
          blobs.append(range)
        }
      }
      for (number, blob) in blobs.enumerated() {
        guard !name.isEmpty else { throw .noLayerName }
        tensors.append(try tensor("\(name).\(number)", blob, in: file))
        guard tensors.count <= CheckpointLimits.tensors else { return tensors }
      }
    }
    guard !tensors.isEmpty else { throw .onlyText }
    return tensors
  } catch {
    throw .protobuf(error)
  }
}

private func tensor(
  _ name: String, _ range: Range<Int>, in file: MappedFile
) throws(ProtobufFault) -> CheckpointTensor {
  var shape: [UInt64] = []
  var old = [UInt64?](repeating: nil, count: 4)
  var numbers = GatheredNumbers()
  var dtype = DType.f32
  var reader = ProtobufReader(file.bytes, range)
  while let (field, value) = try reader.next() {
    switch (field, value) {
    case (1...4, .number(let size)): old[field - 1] = size
    case (5, _): guard numbers.append(value, width: 4, of: file.bytes) else { throw .badField(offset: reader.position) }
    case (8, _):
      dtype = .f64
      guard numbers.append(value, width: 8, of: file.bytes) else { throw .badField(offset: reader.position) }
    case (7, .range(let range)):
      var reader = ProtobufReader(file.bytes, range)
      while let (field, value) = try reader.next() {
        guard field == 1 else { continue }
        try appendNumbers(value, of: file.bytes, to: &shape, limit: CheckpointLimits.rank)
      }
    default: break
    }
  }
  // Vectors and matrices had sizes of 1 before theirs.
  if shape.isEmpty, old.contains(where: { $0 != nil }) { shape = Array(old.map { $0 ?? 1 }.drop { $0 == 1 }) }
  return try exactTensor(name, dtype, shape.map { Int(truncatingIfNeeded: $0) }, numbers.storage(in: file))
}
