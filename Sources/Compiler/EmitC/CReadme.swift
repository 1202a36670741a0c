// The README of a generated C package: what it takes in, what it gives, and how it is called.
internal import ResNetDSL

extension CEmitter {
  var cReadme: String { cText + (options.hasPython ? pythonText : "") }

  private var web: String {
    """

    ## In a browser, and in Node

    `make -j -C web` builds `\(prefix).wasm` with any Clang that knows wasm32 (`CLANG=...` names another than `clang`), and
    puts packed portable weights that lie here beside it. Then `web` is whole: any server of files will do, here
    `python3 -m http.server -d web`. In a program:

    ```js
    import { load } from './web/\(prefix).mjs';

    const model = await load();
    console.log(model.classify(imageData));
    ```

    """
  }

  private var pythonText: String {
    """

    ## In Python

    `pip install .` compiles the library and installs it with a package around it; nothing is fetched but NumPy.

    ```python
    import \(prefix)

    model = \(prefix).Model("\(prefix).\(contents.plans[0].target.title).packed", threads=2)
    outputs = model(images)   # float32, (n, *\(prefix).INPUT_SHAPE)
    ```

    """
  }

  private var cText: String {
    let input = contents.graph.nodes[0].shape
    let names = contents.plans.map(\.target.title)
    let batch = contents.plans.first?.batch ?? 1
    return """
      # \(contents.name), in C

      Compiled by resnetc \(resnetcVersion) from `\(contents.sourceName)`: C11 with nothing but libc, and it is yours. Any
      compiler that is GCC or Clang builds it with `-O2`; kernels for \(names.joined(separator: ", ")) are chosen when
      weights are opened.

      | | |
      |---|---|
      | input | \(input.channels) x \(input.height) x \(input.width), float32, batch \(batch) |
      | output | \(contents.graph.results.reduce(0) { $0 + contents.graph[$1].shape.count }) numbers an image |
      | multiply-adds | \(grouped(contents.cost.macs)) an image |

      ```
      cmake -B build && cmake --build build -j
      build/\(prefix) bench --weights random:1
      build/\(prefix) logits --weights \(prefix).\(names[0]).packed --input in.f32 --output out.f32
      build/\(prefix) verify --weights \(prefix).\(names[0]).packed
      ```

      ## Weights

      Packed, for one instruction set: `resnetc \(contents.sourceName) --language c --weights CHECKPOINT -o .` writes
      `\(prefix).NAME.packed` for each, from any checkpoint that `resnetc convert` reads. The Swift package's `pack` writes
      the same files.

      ## In your program

      ```c
      #include "\(prefix).h"

      // Three regions, all yours, each at a multiple of \(macro)_ALIGNMENT bytes.
      \(prefix)_model model;
      \(prefix)_error error = \(prefix)_open(&model, packed, packed_bytes);   // a packed file, read or mapped
      if (error != \(macro)_OK) { puts(\(prefix)_error_message(error)); }
      void *activations = aligned_alloc(\(macro)_ALIGNMENT, \(macro)_ACTIVATIONS_BYTES);
      void *scratch = aligned_alloc(\(macro)_ALIGNMENT, \(macro)_SCRATCH_BYTES);

      float output[\(macro)_OUTPUT_FLOATS];
      \(prefix)_run(&model, input, 1, output, activations, scratch);
      ```

      With threads: `\(prefix)_team_create(&team, 2)` once, then `\(prefix)_team_run(team, ...)`, with scratch memory for each of
      them; the answers are the same to the bit.

      From CMake: `add_subdirectory(...)` or, installed, `find_package(\(prefix))`, then
      `target_link_libraries(app \(prefix)::\(prefix))`. From Meson:
      `subproject` or `dependency('\(prefix)')`, which pkg-config answers. Without either:
      `cc -O2 -Iinclude src/*.c src/*/*.c -lm -pthread -D\(macro)_THREADS`.

      """ + (options.hasWeb ? web : "")
  }
}
