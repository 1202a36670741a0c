"""Small networks that cover what the well-known ones do not (`torture/`), with PyTorch's answers for seeded weights. For each:

    Tests/Fixtures/torture/<name>.rn             the source
    Tests/Fixtures/torture/<name>.safetensors    `logits`, F64 [3, classes], for the three images of tensor "input";
                                                 running statistics, BF16, under their own names

    python scripts/torture_nets.py

Every other tensor comes from portable_random.py with seed 2. A network of blocks has torchvision's ResNet names (conv1,
bn1, layer1.0.conv1, layer1.0.downsample.0, fc). A network without blocks has torchvision's VGG names (features.N,
classifier.N, where N counts the convolutions, norms, activations, pools, fully connected layers and dropouts; an
activation `linear` is no module).
"""

import sys

import torch

import fixture_file
import lived_in
import portable_random
from torture import branches, channels, norms, outputs, residual, sequences

SEED = 2
IMAGES = 3
FOLDER = portable_random.FIXTURES / "torture"
# Name: (channels, height, width of the input), the PyTorch module, the .rn source. Of several outputs the logits are all
# values of one, then those of the next.
NETWORKS = {
    name: network
    for part in (outputs, residual, sequences, branches, channels, norms)
    for name, network in part.NETWORKS.items()
}


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name, (shape, build, source) in NETWORKS.items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        net = build()
        portable_random.fill(net, SEED)
        statistics = lived_in.live(net, shape, SEED)
        images = torch.from_numpy(portable_random.values("input", (IMAGES, *shape), SEED))
        print(f"{name}: ", end="")
        logits = lived_in.answer(net, images)
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}.rn").write_text(source)
        fixture_file.write(
            FOLDER / f"{name}.safetensors",
            {**statistics, "logits": logits},
            {
                "input": " ".join(map(str, images.shape)),
                "seed": str(SEED),
                "made_by": "scripts/torture_nets.py",
                "torch": torch.__version__,
            },
        )


if __name__ == "__main__":
    main()
