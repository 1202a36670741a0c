// What is wrong with a PyTorch checkpoint beyond its zip archive and its pickle.

package enum TorchFault: Error, Sendable, Equatable, CustomStringConvertible {
  case storageMissing(key: String)
  case storageSize(key: String, expected: Int, found: Int)
  case tensorOutside(name: String)
  case bigEndian
  /// Not what torch.save begins an old file with.
  case notLegacy
  case protocolVersion
  case badStorageList
  /// In the list of storages, of a storage that no tensor has.
  case storageUnknown(key: String)
  case cutShort(key: String)

  package var description: String {
    let damaged = "the file is damaged or was not downloaded completely, fetch it again"
    switch self {
    case .storageMissing(let key):
      return "the numbers of its storage \(quotedName(key)) are missing; \(damaged)"
    case .storageSize(let key, let expected, let found):
      return "its storage \(quotedName(key)) has \(found) bytes where \(expected) belong; \(damaged)"
    case .tensorOutside(let name):
      return "its tensor \(quotedName(name)) reaches beyond its storage; \(damaged)"
    case .bigEndian:
      return "its numbers have their highest byte first; save it again on an x86 or ARM machine"
    case .notLegacy:
      return "it is a pickle of something else than tensors by name; save the weights in Python: "
        + "torch.save(model.state_dict(), 'weights.pth')"
    case .protocolVersion:
      return "it is an old PyTorch checkpoint of another version than 1001; save it again with a newer PyTorch"
    case .badStorageList:
      return "its list of storages is none; \(damaged)"
    case .storageUnknown(let key):
      return "its list of storages names \(quotedName(key)), which none of its tensors lies in; \(damaged)"
    case .cutShort(let key):
      return "it ends within its storage \(quotedName(key)); \(damaged)"
    }
  }
}
