"""Networks of the papers that Tables 3 to 6 of "Deep Residual Learning for Image Recognition" compare with, in PyTorch: one
layer after another, as the authors' own definitions have them. A module of the other scripts.

Modules are called as the compiler calls them by itself: `features.N`, and `classifier.N` from the first fully connected
layer on.
"""

import torch
from torch import nn
from torch.nn import functional


class Maxout(nn.Module):
    """The largest of so many consecutive channels."""

    def __init__(self, pieces: int):
        super().__init__()
        self.pieces = pieces

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.unflatten(1, (-1, self.pieces)).amax(2)


class Gate(nn.Module):
    """A layer of a highway network."""

    def __init__(self, width: int, kernel: int = 3):
        super().__init__()
        self.conv = nn.Conv2d(width, width, kernel, padding=kernel // 2)
        self.gate = nn.Conv2d(width, width, kernel, padding=kernel // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        share = torch.sigmoid(self.gate(x))
        return share * functional.relu(self.conv(x)) + (1 - share) * x


class Sequence(nn.Module):
    """Features, then the mean of each map or a spatial pyramid, or all of it flattened; then a classifier."""

    def __init__(self, features: list[nn.Module], classifier: list[nn.Module], pool: str = ""):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(*classifier)
        self.pool = pool

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        if self.pool == "mean":
            x = x.mean(dim=(2, 3))
        if self.pool == "pyramid":
            x = torch.cat([functional.adaptive_max_pool2d(x, bins).flatten(1) for bins in (7, 3, 2, 1)], 1)
        return self.classifier(x.flatten(1))


def prelu_net(widths: tuple[int, int, int], repeats: int) -> Sequence:
    """Models A, B and C of Table 3, "Delving Deep into Rectifiers"."""
    features = [nn.Conv2d(3, 96, 7, 2, 3), nn.PReLU(96)]
    channels = 96
    for width in widths:
        features.append(nn.MaxPool2d(2))
        for _ in range(repeats):
            features += [nn.Conv2d(channels, width, 3, padding=1), nn.PReLU(width)]
            channels = width
    classifier = [nn.Linear(63 * channels, 4096), nn.PReLU(4096), nn.Dropout(), nn.Linear(4096, 4096), nn.PReLU(4096)]
    return Sequence(features, [*classifier, nn.Dropout(), nn.Linear(4096, 1000)], "pyramid")


def mlp(inputs: int, kernel: int, widths: list[int], stride: int = 1, padding: int | None = None) -> list[nn.Module]:
    """A convolution and two of 1x1."""
    modules = []
    for width in widths:
        modules += [nn.Conv2d(inputs, width, kernel, stride, kernel // 2 if padding is None else padding), nn.ReLU()]
        inputs, kernel, stride, padding = width, 1, 1, 0
    return modules


def rounding_up(kernel: int = 3) -> nn.Module:
    return nn.MaxPool2d(kernel, 2, ceil_mode=True)


def nin_cifar10(last: bool = True) -> Sequence:
    """Without the last ReLU: Deeply-Supervised Nets."""
    features = [*mlp(3, 5, [192, 160, 96]), rounding_up(), nn.Dropout()]
    features += [*mlp(96, 5, [192, 192, 192]), rounding_up(), nn.Dropout(), *mlp(192, 3, [192, 192, 10])]
    return Sequence(features if last else features[:-1], [], "mean")


def deeply_supervised() -> Sequence:
    """With the linear classifiers that only training has, each of what a first convolution leaves."""
    net = nin_cifar10(last=False)
    for number, side in enumerate([32, 16, 8], 1):
        net.add_module(f"svm{number}", nn.ModuleDict({"fc": nn.Linear(192 * side * side, 10)}))
    return net


def nin_imagenet() -> Sequence:
    features = [*mlp(3, 11, [96, 96, 96], stride=4, padding=0), rounding_up()]
    features += [*mlp(96, 5, [256, 256, 256]), rounding_up(), *mlp(256, 3, [384, 384, 384]), rounding_up()]
    return Sequence([*features, nn.Dropout(), *mlp(384, 3, [1024, 1024, 1000])], [], "mean")


def maxout_cifar10() -> Sequence:
    features = [nn.Dropout(0.2)]
    channels = 3
    for kernel, padding, width, pool in [(8, 4, 96, 4), (8, 3, 192, 4), (5, 3, 192, 2)]:
        features += [nn.Conv2d(channels, 2 * width, kernel, padding=padding), Maxout(2), rounding_up(pool), nn.Dropout()]
        channels = width
    # The last dropout is the classifier's.
    classifier = [features.pop(), nn.Linear(25 * 192, 2500), Maxout(5), nn.Dropout(), nn.Linear(500, 10)]
    return Sequence(features, classifier)


def fitnet19() -> Sequence:
    features = []
    channels = 3
    for widths, pool in [([32] * 3 + [48] * 2, 2), ([80] * 6, 2), ([128] * 6, 8)]:
        for width in widths:
            features += [nn.Conv2d(channels, 2 * width, 3, padding=1), Maxout(2)]
            channels = width
        features.append(nn.MaxPool2d(pool))
    return Sequence(features, [nn.Linear(128, 2500), Maxout(5), nn.Linear(500, 10)])


def highway(stages: list[tuple[int, list[int]]]) -> Sequence:
    """A width for each stage, and the kernels of its gates."""
    features = []
    channels = 3
    for width, kernels in stages:
        features += [nn.Dropout(0.2), nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        features += [*[Gate(width, kernel) for kernel in kernels], nn.MaxPool2d(2)]
        channels = width
    features[-1:] = [nn.Conv2d(channels, 100, 1), nn.ReLU()]
    return Sequence(features, [nn.Dropout(0.2), nn.Linear(100, 10)], "mean")


def highway19() -> Sequence:
    return highway([(32, [3] * 4), (80, [3] * 5), (128, [3] * 5)])


def highway32() -> Sequence:
    """Of widths that were never published: models/highway32.rn says how they were chosen."""
    return highway([(width, [1, *[3, 1] * 4]) for width in (48, 64, 88)])
