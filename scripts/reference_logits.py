"""PyTorch's answers, in double precision, of whole networks with seeded weights and lived-in batch-norm statistics:

    Tests/Fixtures/parity/<name>.safetensors   `logits`, F64 [2, classes], for the two images of tensor "input";
                                               running statistics, BF16, under their own names

    python scripts/reference_logits.py               all of them, about 3 minutes
    python scripts/reference_logits.py cifar20 ...   these

Every other tensor comes from portable_random.py with seed 1. The networks are torchvision's own, cifar_resnet.py and
those of known_models.py.
"""

import sys
import time

import torch
from torch import nn

import fixture_file
import known_models
import lived_in
import portable_random
from cifar_resnet import CifarResNet

SEED = 1
IMAGES = 2
FOLDER = portable_random.FIXTURES / "parity"

CIFAR = {"cifar20": 3, "cifar56": 9, "cifar110": 18}
IMAGENET = [
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg19_bn", "resnext50_32x4d",
    "mobilenet_v2", "densenet121", "googlenet", "inception_v3", "shufflenet_v2_x1_0",
    "convnext_tiny", "resnetv2_50x1_bit", "regnet_y_400mf",
]  # fmt: skip
PAPERS = ["bn_inception", "bvlc_googlenet", "nin_imagenet", "maxout_cifar10", "fitnet19", "highway19"]


def build(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    if name in CIFAR:
        return CifarResNet(CIFAR[name]), (3, 32, 32)
    return known_models.build(name)


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in sys.argv[1:] or [*CIFAR, *IMAGENET, *PAPERS]:
        start = time.monotonic()
        net, shape = build(name)
        portable_random.fill(net, SEED, known_models.rn_shape)
        statistics = lived_in.live(net, shape, SEED)
        images = torch.from_numpy(portable_random.values("input", (IMAGES, *shape), SEED))
        print(f"{name}: ", end="")
        logits = lived_in.answer(net, images)
        print(f"{time.monotonic() - start:.0f} s; ", end="")
        metadata = {
            "input": " ".join(map(str, images.shape)),
            "seed": str(SEED),
            "made_by": "scripts/reference_logits.py",
            "torch": torch.__version__,
        }
        if name in IMAGENET:
            metadata["torchvision"] = known_models.torchvision().__version__
        fixture_file.write(FOLDER / f"{name}.safetensors", {**statistics, "logits": logits}, metadata)


if __name__ == "__main__":
    main()
