#!/usr/bin/env python3
"""Writes the names and shapes of torchvision's state dictionaries, one tensor a line, for the tests of parameter names.

Run with PyTorch and torchvision; writes Tests/CompilerTests/Fixtures/<model>.txt:

    conv1.weight 64 3 7 7

num_batches_tracked is left out: it takes no part in inference.
"""
import pathlib

import torch

# A build of torchvision without its C++ operators can still define models, once nobody registers fakes for them.
torch.library.register_fake = lambda *_, **__: lambda function: function
from torchvision import models  # noqa: E402

NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16", "vgg19", "vgg16_bn", "vgg19_bn"]
FOLDER = pathlib.Path(__file__).parent.parent / "Tests" / "CompilerTests" / "Fixtures"

for name in NAMES:
    with torch.device("meta"):
        state = getattr(models, name)(weights=None).state_dict()
    lines = [
        " ".join([key, *map(str, tensor.shape)])
        for key, tensor in state.items()
        if not key.endswith("num_batches_tracked")
    ]
    (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n")
    print(name, len(lines))
