#!/usr/bin/env python3
"""Three trained networks that none of us made, from the files that a package on PyPI ships: MTCNN's P, R and O nets ("Joint
Face Detection and Alignment using Multitask Cascaded Convolutional Networks", Zhang et al., 2016), which find faces: PReLU,
pools that round up, several outputs. Prints how far their answers are from PyTorch's.

    pip install --no-deps facenet-pytorch; pip install torch numpy
    python scripts/mtcnn_checkpoints.py .build/release/resnetc FOLDER

FOLDER, which must not exist, receives sources, weights and generated packages. P's file goes through `resnetc convert` as
it is. R and O flatten a map column by column, channels innermost; the columns of the matrix behind it are put in the order
that a fully connected layer has here, channel, row, column.
"""
import importlib.util
import pathlib
import subprocess
import sys

import numpy
import torch
from torch import nn

HEADER = "norm        none\nactivation  prelu\n"


def renames(pairs: dict[str, str]) -> str:
    return "".join(f'rename "{old}" to "{new}"\n' for old, new in pairs.items())


P = f"""\
model PNet

input       3 x 12 x 12
{HEADER}output      box, face
{renames({"features.0": "conv1", "features.1": "prelu1", "features.3": "conv2", "features.4": "prelu2",
          "features.5": "conv3", "features.6": "prelu3", "features.7": "conv4_1", "features.8": "conv4_2"})}
conv1   10x10   3x3, 10, pad 0
pool1    5x5    2x2 max pool, stride 2, ceil
conv2    3x3    3x3, 16, pad 0
conv3    1x1    3x3, 32, pad 0
face     1x1    1x1, 2, linear
box      1x1    from conv3; 1x1, 4, linear
"""
R = f"""\
model RNet

input       3 x 24 x 24
{HEADER}output      box, face
{renames({"features.0": "conv1", "features.1": "prelu1", "features.3": "conv2", "features.4": "prelu2",
          "features.6": "conv3", "features.7": "prelu3", "classifier.0": "dense4", "classifier.1": "prelu4",
          "classifier.2": "dense5_1", "classifier.3": "dense5_2"})}
conv1   22x22   3x3, 28, pad 0
pool1   11x11   3x3 max pool, stride 2, pad 0, ceil
conv2    9x9    3x3, 48, pad 0
pool2    4x4    3x3 max pool, stride 2, pad 0, ceil
conv3    3x3    2x2, 64, pad 0
dense4          128-d fc, prelu
face            2-d fc, linear
box             from dense4; 4-d fc, linear
"""
O = f"""\
model ONet

input       3 x 48 x 48
{HEADER}output      box, points, face
{renames({"features.0": "conv1", "features.1": "prelu1", "features.3": "conv2", "features.4": "prelu2",
          "features.6": "conv3", "features.7": "prelu3", "features.9": "conv4", "features.10": "prelu4",
          "classifier.0": "dense5", "classifier.1": "prelu5", "classifier.2": "dense6_1", "classifier.3": "dense6_2",
          "classifier.4": "dense6_3"})}
conv1   46x46   3x3, 32, pad 0
pool1   23x23   3x3 max pool, stride 2, pad 0, ceil
conv2   21x21   3x3, 64, pad 0
pool2   10x10   3x3 max pool, stride 2, pad 0, ceil
conv3    8x8    3x3, 64, pad 0
pool3    4x4    2x2 max pool, stride 2, ceil
conv4    3x3    2x2, 128, pad 0
dense5          256-d fc, prelu
face            2-d fc, linear
box             from dense5; 4-d fc, linear
points          from dense5; 10-d fc, linear
"""
# Of each: source, file, the matrix behind the map, and that map's channels and side.
NETWORKS = {
    "PNet": (P, "pnet.pt", None, (32, 1)),
    "RNet": (R, "rnet.pt", "dense4.weight", (64, 3)),
    "ONet": (O, "onet.pt", "dense5.weight", (128, 3)),
}
IMAGES = 64


class Cut(nn.Module):
    """What softmax does is left out of both sides."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def theirs(package: pathlib.Path, name: str) -> nn.Module:
    """Of the file alone: the package's other modules ask for more than PyTorch."""
    spec = importlib.util.spec_from_file_location("mtcnn", package / "models" / "mtcnn.py")
    text = (package / "models" / "mtcnn.py").read_text().replace("from .utils.detect_face import", "detect_face = None #")
    module = type(sys)("mtcnn")
    module.__file__ = spec.origin
    exec(compile(text, spec.origin, "exec"), module.__dict__)
    net = getattr(module, name)(pretrained=True).double().eval()
    for child, kind in list(net.named_children()):
        if isinstance(kind, nn.Softmax):
            setattr(net, child, Cut())
    return net


def main() -> None:
    compiler, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    package = pathlib.Path(importlib.util.find_spec("facenet_pytorch").submodule_search_locations[0])
    folder.mkdir(parents=True)
    for name, (source, file, matrix, (channels, side)) in NETWORKS.items():
        model, weights = folder / f"{name}.rn", package / "data" / file
        model.write_text(source)
        if matrix:
            state = torch.load(weights, weights_only=True)
            # Rows of [column, row, channel] become rows of [channel, row, column].
            columns = state[matrix].reshape(-1, side, side, channels).permute(0, 3, 2, 1)
            state[matrix] = columns.reshape(len(columns), -1).contiguous()
            weights = folder / file
            torch.save(state, weights)
        home = folder / name
        subprocess.run([compiler, model, "--weights", weights, "-o", home, "-q"], check=True)
        subprocess.run(["swift", "build", "-c", "release", "--package-path", home, "-q"], check=True)

        net = theirs(package, name)
        size = int(source.split("input       3 x ")[1].split()[0])
        random = numpy.random.default_rng(1)
        images = random.uniform(-1, 1, (IMAGES, 3, size, size)).astype(numpy.float32)
        images.tofile(folder / "images.f32")
        with torch.no_grad():
            answers = net(torch.from_numpy(images).double())
        expected = numpy.concatenate([answer.flatten(1).numpy() for answer in answers], axis=1)
        subprocess.run(
            [home / ".build/release" / name.lower(), "logits", "--input", folder / "images.f32", "--output",
             folder / "logits.f32"], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        found = numpy.fromfile(folder / "logits.f32", "<f4").reshape(expected.shape).astype(numpy.float64)
        largest = abs(expected).max()
        print(f"{name}: {expected.shape[1]} values of {IMAGES} images, at most {largest:.2f}, "
              f"differ by {abs(found - expected).max() / largest:.1e} of that")  # fmt: skip


if __name__ == "__main__":
    main()
