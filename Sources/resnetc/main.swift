import Foundation
import ResNetCompiler
import ResNetDSL

let args = CommandLine.arguments
let url = URL(fileURLWithPath: args[1])
let source = SourceFile(name: url.lastPathComponent, bytes: Array(try Data(contentsOf: url)))
var sink = Diagnostics()
var options = CompileOptions()
if args.count > 3 { options.selection.variant = args[3] }
if args.count > 4 { options.targets = args[4].split(separator: ",").compactMap { Target.named(String($0)) } }
guard let c = analyze(source, options, &sink) else {
  for d in sink.inSourceOrder { print(d.code.name, d.message) }
  exit(1)
}
for p in c.plans { print(p.target.name, p.arena.floats, p.arena.lowerBound, p.kernels.count, p.steps.count) }
for f in try emit(c, from: source, options) {
  let u = URL(fileURLWithPath: args[2]).appendingPathComponent(f.path)
  try FileManager.default.createDirectory(at: u.deletingLastPathComponent(), withIntermediateDirectories: true)
  try f.contents.write(to: u, atomically: true, encoding: .utf8)
}
