"""Small networks that cover what the well-known ones do not, with PyTorch's answers for seeded weights. For each:

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
from torch import nn
from torch.nn import functional

import fixture_file
import lived_in
import portable_random
from cifar_resnet import identity_zero_padded

SEED = 2
IMAGES = 3
FOLDER = portable_random.FIXTURES / "torture"


class Block(nn.Module):
    """Convolutions (kernel, width, perhaps groups) with batch norm; `shortcut` is "A", "A both", "B", "C" or "none"."""

    def __init__(self, inputs: int, layers: list[tuple[int, ...]], stride: int, shortcut: str):
        super().__init__()
        self.count, self.stride, self.shortcut, self.width = len(layers), stride, shortcut, layers[-1][1]
        channels = inputs
        for number, (kernel, width, *groups) in enumerate(layers, start=1):
            step = stride if number == 1 else 1  # all these networks say `stride on first`
            convolution = nn.Conv2d(channels, width, kernel, step, kernel // 2, groups=(groups or [1])[0], bias=False)
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm2d(width))
            channels = width
        if shortcut == "C" or (shortcut == "B" and (stride != 1 or inputs != channels)):
            projection = nn.Conv2d(inputs, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            if number < self.count:
                y = functional.relu(y)
        if self.shortcut.startswith("A"):
            y = y + identity_zero_padded(x, self.width, self.stride, "both" if self.shortcut == "A both" else "end")
        elif self.shortcut != "none":
            y = y + (self.downsample(x) if hasattr(self, "downsample") else x)
        return functional.relu(y)


class Blocks(nn.Module):
    """A stem (kernel, width, stride), perhaps a pool, stages (layers, repeats, stride), perhaps each with a pool, global
    average pool, fc."""

    def __init__(self, channels, stem, stages, classes, shortcut, pool=None, pools=()):
        super().__init__()
        kernel, width, stride = stem
        self.conv1 = nn.Conv2d(channels, width, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = pool
        self.pools = pools
        self.stage_count = len(stages)
        for number, (layers, repeats, stride) in enumerate(stages, start=1):
            blocks = []
            for repeat in range(repeats):
                blocks.append(Block(width, layers, stride if repeat == 0 else 1, shortcut))
                width = layers[-1][1]
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        if self.pool:
            x = self.pool(x)
        for number in range(1, self.stage_count + 1):
            x = getattr(self, f"layer{number}")(x)
            if self.pools:
                x = self.pools[number - 1](x)
        return self.fc(x.mean(dim=(2, 3)))


class Sequence(nn.Module):
    """Features, flattened in channel, row, column order, then a classifier."""

    def __init__(self, features: list[nn.Module], classifier: list[nn.Module]):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


class Branches(nn.Module):
    """Branches in branches, the same value twice, and a convolution of each channel over all of it."""

    def __init__(self, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(3, 20, 3, stride=2),
            *convolution(20, 20, 1),
            *convolution(20, 7, 1),
            *convolution(7, 13, 3, function=nn.Sigmoid()),
            nn.MaxPool2d(3, 1, 1),
            *convolution(20, 9, 1),
            nn.MaxPool2d(3, 2, 1),
            *convolution(42, 5, 3),
            *convolution(42, 8, 1),
            *convolution(8, 12, 3, groups=4),
            *convolution(42, 42, 1, groups=42),
            *convolution(202, 202, 3, stride=2, groups=202),
            nn.AvgPool2d(3, 1, 1),
            *convolution(202, 6, 1),
            *convolution(6, 24, 5, groups=6),
        )
        self.classifier = nn.Sequential(nn.Linear(226 * 9, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def run(x: torch.Tensor, first: int, end: int) -> torch.Tensor:
            return self.features[first:end](x)

        x = run(x, 0, 3)
        x = run(torch.cat([run(x, 3, 6), run(x, 6, 12), run(x, 12, 16)], 1), 16, 17)
        x = torch.cat([x, torch.cat([run(x, 17, 20), run(x, 20, 26)], 1), run(x, 26, 29)], 1)
        x = run(torch.cat([x, x], 1), 29, 32)
        x = torch.cat([run(x, 32, 33), run(x, 33, 39)], 1)
        return self.classifier(torch.flatten(x, 1))


class Gates(nn.Module):
    """Products with a factor for each channel, each pixel and both; sums of three."""

    def __init__(self, classes: int):
        super().__init__()
        linear = nn.Identity()

        def summands(inputs: int) -> list[nn.Module]:
            branches = [(inputs, 24, 1, linear), (inputs, 24, 3, linear), (inputs, 8, 1, None), (8, 24, 3, linear)]
            modules = [module for a, b, k, f in branches for module in convolution(a, b, k, function=f)]
            return [module for module in modules if module is not linear] + [nn.SiLU()]

        features = [
            *convolution(3, 20, 3, stride=2),
            *(nn.Conv2d(20, 5, 1), nn.ReLU(), nn.Conv2d(5, 20, 1), nn.Sigmoid()),
            *convolution(20, 1, 7, function=nn.Sigmoid()),
            nn.ReLU(),
            *summands(20),
            *summands(24),
            *convolution(24, 10, 1),
            *convolution(24, 14, 3, function=linear),
            *convolution(24, 24, 1, function=nn.Sigmoid()),
            *convolution(24, 32, 1),
            *convolution(32, 32, 3, groups=8),
            *(nn.Conv2d(32, 32, 1), nn.Sigmoid()),
            *convolution(32, 24, 1),
            *convolution(24, 24, 1, function=linear),
            *convolution(24, 24, 1, function=nn.Tanh()),
        ]
        self.features = nn.Sequential(*(module for module in features if module is not linear))
        self.classifier = nn.Sequential(nn.Linear(24, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def run(x: torch.Tensor, first: int, end: int) -> torch.Tensor:
            return self.features[first:end](x)

        def total(x: torch.Tensor, first: int) -> torch.Tensor:
            parts = run(x, first, first + 2) + run(x, first + 2, first + 4) + run(x, first + 4, first + 9)
            return run(parts, first + 9, first + 10)

        x = run(x, 0, 3)
        x = x * run(x.mean(dim=(2, 3), keepdim=True), 3, 7)
        x = run(x * run(x, 7, 10), 10, 11)
        x = total(total(x, 11), 21)
        x = torch.cat([run(x, 31, 34), run(x, 34, 36)], 1) * run(x, 36, 39)
        x = run(x, 39, 45)
        x = run(x * run(x.mean(dim=(2, 3), keepdim=True), 45, 47), 47, 50)
        x = run(x, 50, 52) * run(x, 52, 55)
        return self.classifier(x.mean(dim=(2, 3)))


class Bins(nn.Module):
    """Pools to sizes: bins alike and not, more bins than rows, a pyramid of parts side by side, the whole map."""

    def __init__(self, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(3, 21, 3, stride=2),
            *convolution(21, 16, 1),
            *convolution(37, 18, 3),
            *convolution(18, 32, 3),
            *convolution(32, 32, 3, groups=8),
        )
        self.classifier = nn.Sequential(nn.Linear(32 * (49 + 9 + 4 + 1) + 32, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def run(x: torch.Tensor, first: int, end: int) -> torch.Tensor:
            return self.features[first:end](x)

        largest, mean = functional.adaptive_max_pool2d, functional.adaptive_avg_pool2d
        x = run(x, 0, 3)
        x = mean(torch.cat([x, run(x, 3, 6)], 1), (7, 6))
        x = largest(run(x, 6, 9), (8, 9))
        x = mean(run(x, 9, 12), (4, 3))
        x = run(x, 12, 15)
        pyramid = torch.cat([torch.flatten(largest(x, n), 1) for n in (7, 3, 2, 1)], 1)
        whole = x.amax(dim=(2, 3))
        return self.classifier(torch.cat([pyramid, whole], 1))


class Shuffled(nn.Module):
    """Halves that pass and shuffles, of parts that fill vectors and of parts that do not, into sums, groups and parts."""

    def __init__(self, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(3, 20, 3, stride=2),
            *[module for _ in range(3) for module in [*convolution(10, 10, 1), *convolution(10, 10, 3, groups=10)]],
            *convolution(20, 64, 1),
            *convolution(32, 32, 3),
            *convolution(64, 64, 3, groups=16),
            *convolution(64, 32, 1, function=nn.Sigmoid()),
            *convolution(16, 9, 3, stride=2),
            *convolution(16, 15, 1, stride=2),
            *convolution(24, 8, 1)[:2],
        )
        self.classifier = nn.Sequential(nn.Linear(24 + 8, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        modules = iter(self.features)

        def run(x: torch.Tensor, count: int = 3) -> torch.Tensor:
            for _ in range(count):
                x = next(modules)(x)
            return x

        x = run(x)
        for _ in range(3):
            a, b = x.chunk(2, 1)
            x = functional.channel_shuffle(torch.cat([a, run(b, 6)], 1), 2)
        x = run(x)
        a, b = x.chunk(2, 1)
        x = functional.channel_shuffle(torch.cat([a, run(b)], 1), 4)
        x = functional.channel_shuffle(run(x), 8)
        x = run(x)
        a, b = x.chunk(2, 1)
        x = functional.channel_shuffle(torch.cat([run(a), run(b)], 1), 3)
        x = torch.cat([x, run(x, 2)], 1)
        return self.classifier(functional.channel_shuffle(x, 16).mean(dim=(2, 3)))


class Windows(nn.Module):
    """Padding that differs from side to side, TensorFlow's, and steps that differ down and across."""

    # Of each layer: top, left, bottom, right, or None for TensorFlow's.
    PADS = [
        None, (0, 1, 2, 0), (0, 0, 1, 1), (1, 1, 1, 1), None, (0, 0, 1, 1), (1, 0, 0, 2), None, (1, 1, 0, 1), (0, 1, 1, 0),
    ]  # fmt: skip

    def __init__(self, classes: int):
        super().__init__()

        def conv(inputs, width, kernel, stride=1, groups=1, dilation=1, function=None):
            convolution = nn.Conv2d(inputs, width, kernel, stride, 0, dilation, groups, bias=False)
            return [convolution, nn.BatchNorm2d(width), function or nn.ReLU()]

        self.features = nn.Sequential(
            *conv(3, 20, 3, stride=2),
            *conv(20, 20, 3, groups=20, function=nn.Sigmoid()),
            *conv(20, 40, 3),
            *conv(40, 24, 3, stride=(1, 2)),
            *conv(24, 53, 1, function=nn.Sigmoid()),
            *conv(53, 53, 5, stride=2, groups=53),
            *conv(53, 32, 3, dilation=2),
            *conv(32, 32, 3, groups=8),
            nn.MaxPool2d(3, 2),
            nn.AvgPool2d(3, 1),
            nn.AvgPool2d(3, 1, count_include_pad=False),
        )
        self.classifier = nn.Sequential(nn.Linear(32, classes))

    def pad(self, x: torch.Tensor, module: nn.Module, sides: tuple | None, value: float = 0) -> torch.Tensor:
        def pair(number):
            return number if isinstance(number, tuple) else (number, number)

        if sides is None:
            kernel, stride, dilation = (pair(getattr(module, name, 1)) for name in ("kernel_size", "stride", "dilation"))
            totals = [
                max((-(-length // s) - 1) * s + (k - 1) * d + 1 - length, 0)
                for length, k, s, d in zip(x.shape[2:], kernel, stride, dilation)
            ]
            sides = (totals[0] // 2, totals[1] // 2, totals[0] - totals[0] // 2, totals[1] - totals[1] // 2)
        top, left, bottom, right = sides
        return functional.pad(x, (left, right, top, bottom), value=value)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads = iter(self.PADS)
        for module in self.features:
            if isinstance(module, nn.Conv2d):
                x = module(self.pad(x, module, (0, 0, 0, 0) if module.kernel_size == (1, 1) else next(pads)))
            elif isinstance(module, nn.MaxPool2d):
                x = module(self.pad(x, module, next(pads), -torch.inf))
            elif isinstance(module, nn.AvgPool2d):
                sides = next(pads)
                ones = torch.ones_like(x[:1, :1])
                # Where the zeros of the padding do not count.
                counts = 1 if module.count_include_pad else module(self.pad(ones, module, sides))
                x = module(self.pad(x, module, sides)) / counts
            else:
                x = module(x)
        return self.classifier(x.mean(dim=(2, 3)))


class Gate(nn.Module):
    """A Highway network's: a convolution's value and what entered, mixed by the sigmoid of a second convolution."""

    def __init__(self, channels: int, kernel: int, function: nn.Module, norm: bool = True, groups: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, kernel, 1, kernel // 2, groups=groups, bias=not norm)
        if norm:
            self.bn = nn.BatchNorm2d(channels)
        self.gate = nn.Conv2d(channels, channels, kernel, 1, kernel // 2, groups=groups)
        self.norm, self.function = norm, function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.conv(x)
        h = self.function(self.bn(h) if self.norm else h)
        share = torch.sigmoid(self.gate(x))
        return share * h + (1 - share) * x


class Highway(nn.Module):
    """Gates one after another, of groups, of parts side by side, of one pixel."""

    def __init__(self, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(3, 21, 3, stride=2),
            *(Gate(21, 3, nn.ReLU()) for _ in range(3)),
            *convolution(21, 16, 1),
            Gate(37, 1, nn.Tanh(), norm=False),
            *convolution(37, 32, 3),
            Gate(32, 3, nn.ReLU(), groups=8),
            nn.MaxPool2d(3, 2, 1),
            Gate(32, 1, nn.Identity(), norm=False),
        )
        self.classifier = nn.Sequential(nn.Linear(32, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features[:6](x)
        x = torch.cat([x, self.features[6:9](x)], 1)
        x = self.features[9:15](x)
        return self.classifier(torch.flatten(self.features[15](x.mean(dim=(2, 3), keepdim=True)), 1))


class Maxout(nn.Module):
    """Of each group of consecutive channels the largest."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.shape[0], x.shape[1] // self.size, self.size, *x.shape[2:]).max(2).values


class Across(nn.Module):
    """Windows over channels: of the image, of groups, of parts side by side, wider than all channels, of one pixel; the
    largest of two channels and of more."""

    def __init__(self, classes: int):
        super().__init__()
        norm = nn.LocalResponseNorm
        self.features = nn.Sequential(
            norm(2, alpha=1, k=2),
            *(nn.Conv2d(3, 20, 3, 2, 1), nn.ReLU(), norm(5, alpha=2, k=2)),
            *convolution(20, 32, 1),
            *convolution(32, 32, 3, groups=8),
            norm(4, alpha=2, beta=0.5),
            *convolution(32, 13, 1),
            norm(15, alpha=0.5),
            norm(3, alpha=1),
            *convolution(13, 7, 1),
            norm(3, alpha=3, beta=1.5),
            norm(5, alpha=1),
            Maxout(3),
            *(nn.Conv2d(11, 42, 3, 1, 1), Maxout(2)),
            *convolution(21, 32, 3),
            *(nn.Conv2d(32, 64, 3, 1, 1, groups=16, bias=False), nn.BatchNorm2d(64)),
            Maxout(4),
            nn.MaxPool2d(3, 2, 1),
            norm(33),
        )
        self.classifier = nn.Sequential(nn.Linear(16, 35), Maxout(5), nn.Linear(7, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def run(x: torch.Tensor, first: int, end: int) -> torch.Tensor:
            return self.features[first:end](x)

        x = run(x, 0, 15)
        x = run(torch.cat([x, run(x, 15, 16), run(x, 16, 20)], 1), 20, 31)
        x = run(x.mean(dim=(2, 3), keepdim=True), 31, 32)
        return self.classifier(torch.flatten(x, 1))


class Attention(nn.Module):
    """ECA-Net's channel attention by timm's module: of parts side by side, of groups, with more weights than channels, of
    values that others read, too, and of one pixel; a norm behind a fully connected layer."""

    def __init__(self, classes: int):
        super().__init__()
        from timm.layers import EcaModule

        self.features = nn.Sequential(
            *(*convolution(3, 20, 3, stride=2), EcaModule(20)),
            *(*convolution(20, 83, 1, function=nn.Sigmoid()), EcaModule(83)),
            *convolution(83, 21, 3),
            *convolution(83, 27, 1),
            EcaModule(kernel_size=5, gate_layer="hard_sigmoid"),
            *convolution(48, 64, 1),
            *(*convolution(64, 64, 3, stride=2, groups=16), EcaModule(kernel_size=19)),
            *(*convolution(64, 64, 3, groups=64)[:2], EcaModule(64), nn.PReLU(64)),
            *(EcaModule(64), nn.SiLU()),
            *convolution(64, 64, 3),
            *(*convolution(64, 3, 1, function=nn.Tanh()), EcaModule(kernel_size=15)),
            *convolution(64, 40, 1),
            EcaModule(43),
            EcaModule(kernel_size=1),
        )
        connected = nn.Linear(43, 12, bias=False), nn.BatchNorm1d(12), nn.ReLU()
        self.classifier = nn.Sequential(*connected, nn.Linear(12, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def run(x: torch.Tensor, first: int, end: int) -> torch.Tensor:
            return self.features[first:end](x)

        x = run(x, 0, 8)
        x = run(torch.cat([run(x, 8, 11), run(x, 11, 14)], 1), 14, 26)
        x = run(x + run(x, 26, 27), 27, 28)
        x = run(functional.channel_shuffle(x, 8), 28, 31)
        x = run(torch.cat([run(x, 31, 35), run(x, 35, 38)], 1), 38, 39)
        x = run(x.mean(dim=(2, 3), keepdim=True), 39, 40)
        return self.classifier(torch.flatten(x, 1))


class Scales(nn.Module):
    """Res2Net's blocks by timm's own module: the first of a stage, which adds nothing from branch to branch, and others."""

    def __init__(self, classes: int):
        super().__init__()
        from timm.models.res2net import Bottle2neck

        def block(inputs: int, planes: int, scale: int, stride: int = 1) -> nn.Module:
            projection = None
            if stride > 1 or inputs != 4 * planes:
                projection = nn.Sequential(nn.Conv2d(inputs, 4 * planes, 1, stride, bias=False), nn.BatchNorm2d(4 * planes))
            options = {"norm_layer": nn.BatchNorm2d, "act_layer": nn.ReLU, "base_width": 80, "scale": scale}
            return Bottle2neck(inputs, planes, stride, projection, **options)

        self.conv1 = nn.Conv2d(3, 12, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(12)
        self.layer1 = nn.Sequential(block(12, 6, 4), block(24, 6, 4), block(24, 6, 4))
        self.layer2 = nn.Sequential(block(24, 13, 3, 2), block(52, 13, 3))
        self.fc = nn.Linear(52, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer2(self.layer1(functional.relu(self.bn1(self.conv1(x)))))
        return self.fc(x.mean(dim=(2, 3)))


class Inception(nn.Module):
    """Inception-v3's modules, narrow: 1x7 and 7x1 on maps smaller than the window, braces in braces. Named as there."""

    def __init__(self, classes: int):
        super().__init__()
        self.channels = 3
        self.Conv2d_1a_3x3 = self.single(12, (3, 3), 2, (0, 0))
        self.Conv2d_2a_3x3 = self.single(20, (3, 3), 1, (0, 0))
        self.channels = 20
        one, (row, column) = (1, 1), ((1, 7), (7, 1))
        self.branches("Mixed_5b", {"branch1x1": [(8, one)], "branch5x5": [(6, one), (9, (5, 5))]})
        self.branches("Mixed_5b", {"branch3x3dbl": [(7, one), (10, (3, 3)), (11, (3, 3))], "branch_pool": [(5, one)]})
        self.channels = 33
        self.branches("Mixed_6a", {"branch3x3": [(13, (3, 3), 2)]})
        self.branches("Mixed_6a", {"branch3x3dbl": [(7, one), (9, (3, 3)), (10, (3, 3), 2)]})
        self.channels = 56
        self.branches("Mixed_6b", {"branch1x1": [(16, one)], "branch7x7": [(7, one), (7, row), (16, column)]})
        long = [(9, one), (9, column), (9, row), (9, column), (16, row)]
        self.branches("Mixed_6b", {"branch7x7dbl": long, "branch_pool": [(16, one)]})
        self.channels = 64
        self.branches("Mixed_7a", {"branch3x3": [(12, one), (20, (3, 3), 2)]})
        self.branches("Mixed_7a", {"branch7x7x3": [(12, one), (12, row), (12, column), (12, (3, 3), 2)]})
        self.channels = 96
        self.branches("Mixed_7b", {"branch1x1": [(20, one)], "branch3x3_1": [(14, one)]})
        self.branches("Mixed_7b", {"branch3x3dbl": [(17, one), (15, (3, 3))], "branch_pool": [(12, one)]})
        for name, width in [("branch3x3_2", 14), ("branch3x3dbl_3", 15)]:
            self.channels = width
            self.branches("Mixed_7b", {f"{name}a": [(width, (1, 3))], f"{name}b": [(width, (3, 1))]})
        self.fc = nn.Linear(90, classes)

    def single(self, width: int, kernel: tuple[int, int], stride: int = 1, padding: tuple[int, int] | None = None):
        """A convolution with its norm, of what `channels` says."""
        module = nn.Module()
        padding = padding if padding is not None else (kernel[0] // 2, kernel[1] // 2) if stride == 1 else (0, 0)
        module.conv = nn.Conv2d(self.channels, width, kernel, stride, padding, bias=False)
        module.bn = nn.BatchNorm2d(width, eps=1e-3)
        self.channels = width
        return module

    def branches(self, row: str, branches: dict[str, list[tuple]]) -> None:
        if not hasattr(self, row):
            self.add_module(row, nn.Module())
        entered = self.channels
        for name, layers in branches.items():
            for number, layer in enumerate(layers, 1):
                path = name if len(layers) == 1 else f"{name}_{number}"
                getattr(self, row).add_module(path, self.single(*layer))
            self.channels = entered

    def run(self, row: nn.Module, x: torch.Tensor, *names: str) -> torch.Tensor:
        for name in names:
            module = getattr(row, name)
            x = functional.relu(module.bn(module.conv(x)))
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def numbered(row: nn.Module, x: torch.Tensor, name: str, count: int) -> torch.Tensor:
            return self.run(row, x, *[f"{name}_{number}" for number in range(1, count + 1)])

        def pooled(row: nn.Module, x: torch.Tensor) -> torch.Tensor:
            return self.run(row, functional.avg_pool2d(x, 3, 1, 1), "branch_pool")

        def halved(x: torch.Tensor) -> torch.Tensor:
            return functional.max_pool2d(x, 3, 2)

        x = halved(self.run(self, x, "Conv2d_1a_3x3", "Conv2d_2a_3x3"))
        row = self.Mixed_5b
        parts = [self.run(row, x, "branch1x1"), numbered(row, x, "branch5x5", 2), numbered(row, x, "branch3x3dbl", 3)]
        x = torch.cat([*parts, pooled(row, x)], 1)
        row = self.Mixed_6a
        x = torch.cat([self.run(row, x, "branch3x3"), numbered(row, x, "branch3x3dbl", 3), halved(x)], 1)
        row = self.Mixed_6b
        parts = [self.run(row, x, "branch1x1"), numbered(row, x, "branch7x7", 3), numbered(row, x, "branch7x7dbl", 5)]
        x = torch.cat([*parts, pooled(row, x)], 1)
        row = self.Mixed_7a
        x = torch.cat([numbered(row, x, "branch3x3", 2), numbered(row, x, "branch7x7x3", 4), halved(x)], 1)
        row = self.Mixed_7b
        short, long = self.run(row, x, "branch3x3_1"), numbered(row, x, "branch3x3dbl", 2)
        parts = [self.run(row, short, f"branch3x3_2{letter}") for letter in "ab"]
        parts += [self.run(row, long, f"branch3x3dbl_3{letter}") for letter in "ab"]
        x = torch.cat([self.run(row, x, "branch1x1"), *parts, pooled(row, x)], 1)
        return self.fc(x.mean(dim=(2, 3)))


class PreBlock(nn.Module):
    """Norm, activation, convolution, each (kernel, width); `dense` puts what comes out beside what entered."""

    def __init__(self, inputs: int, layers: list[tuple[int, int]], stride: int = 1, dense: bool = False):
        super().__init__()
        self.count, self.dense = len(layers), dense
        channels = inputs
        for number, (kernel, width) in enumerate(layers, start=1):
            step = stride if number == 1 else 1
            self.add_module(f"bn{number}", nn.BatchNorm2d(channels))
            self.add_module(f"conv{number}", nn.Conv2d(channels, width, kernel, step, kernel // 2, bias=False))
            channels = width
        if not dense and (stride != 1 or inputs != channels):
            self.downsample = nn.Sequential(nn.Conv2d(inputs, channels, 1, stride, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = shortcut = x
        for number in range(1, self.count + 1):
            y = functional.relu(getattr(self, f"bn{number}")(y))
            if number == 1 and hasattr(self, "downsample"):
                shortcut = self.downsample(y)
            y = getattr(self, f"conv{number}")(y)
        return torch.cat([x, y], 1) if self.dense else shortcut + y


class PreNorm(nn.Module):
    """Stages of blocks whose norms come first, then norms by themselves."""

    def __init__(self, classes: int):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 20, 3, padding=1)
        self.layer1 = nn.Sequential(PreBlock(20, basic(20)), PreBlock(20, basic(20)))
        bottleneck = [(1, 12), (3, 12), (1, 36)]
        self.layer2 = nn.Sequential(PreBlock(20, bottleneck, 2), PreBlock(36, bottleneck))
        self.layer3 = nn.Sequential(*(PreBlock(36 + 12 * i, [(1, 16), (3, 12)], dense=True) for i in range(3)))
        self.norm1, self.conv2, self.bn2 = nn.BatchNorm2d(72), nn.Conv2d(72, 30, 1, bias=False), nn.BatchNorm2d(30)
        self.norm2 = nn.BatchNorm2d(30)
        self.fc = nn.Linear(30, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer3(self.layer2(self.layer1(functional.relu(self.conv1(x)))))
        x = functional.relu(self.bn2(self.conv2(functional.relu(self.norm1(x)))))
        x = functional.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)
        return self.fc(torch.sigmoid(self.norm2(x)).mean(dim=(2, 3)))


class Pyramid(nn.Module):
    """A feature pyramid: of a contracting path each size, and from the top down what is upsampled and added."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12)
        self.layer1 = nn.Sequential(Block(12, basic(12), 1, "B"))
        self.layer2 = nn.Sequential(Block(12, basic(20), 2, "B"))
        self.layer3 = nn.Sequential(Block(20, basic(36), 2, "B"))
        self.conv2, self.conv3, self.conv4 = (nn.Conv2d(width, 24, 1) for width in (36, 20, 12))
        self.conv5, self.conv6, self.conv7 = (nn.Conv2d(24, 24, 3, padding=1) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        c2 = self.layer1(functional.relu(self.bn1(self.conv1(x))))
        c3 = self.layer2(c2)
        top = self.conv2(self.layer3(c3))
        l3 = self.conv3(c3) + functional.interpolate(top, scale_factor=2, mode="nearest")
        l2 = self.conv4(c2) + functional.interpolate(l3, scale_factor=2, mode="nearest")
        p4, p3, p2 = self.conv5(top), self.conv6(l3), self.conv7(l2)
        return torch.cat([torch.flatten(p, 1) for p in (p2, p3, p4)], 1)


class UShape(nn.Module):
    """Down and up again, each size handed across."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(1, 10, 3),
            *convolution(10, 10, 3),
            *(nn.MaxPool2d(2), *convolution(10, 20, 3), *convolution(20, 20, 3)),
            *(nn.MaxPool2d(2), *convolution(20, 40, 3), *convolution(40, 40, 3)),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            *convolution(60, 20, 3),
            *convolution(20, 20, 3),
            nn.Upsample(scale_factor=2),
            *convolution(30, 10, 3),
            *convolution(10, 10, 3),
            nn.Conv2d(10, 2, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        down1 = self.features[:6](x)
        down2 = self.features[6:13](down1)
        down3 = self.features[13:20](down2)
        up2 = self.features[21:27](torch.cat([down2, self.features[20](down3)], 1))
        up1 = self.features[28:34](torch.cat([down1, self.features[27](up2)], 1))
        return torch.flatten(self.features[34](up1), 1)


class Taps(nn.Module):
    """Values read again further down, some of which are returned: by sums, by concatenations, and twice by one."""

    def __init__(self, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(3, 24, 3),
            *convolution(24, 32, 3, stride=2, groups=8),
            *(*convolution(32, 32, 3)[:2], nn.ReLU()),
            *convolution(24, 7, 3, stride=2),
            *convolution(71 + 32, 12, 1),
            nn.Upsample(scale_factor=3, mode="bilinear", align_corners=False),
            *convolution(12, 19, 3, stride=2),
        )
        self.classifier = nn.Sequential(nn.Linear(19, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = self.features[:3](x)
        b = self.features[3:6](a)
        c = self.features[8](self.features[6:8](b) + b)
        d = torch.cat([self.features[9:12](a), b, c], 1)
        e = self.features[12:15](torch.cat([b, d], 1))
        f = self.features[16:19](self.features[15](e))
        head = self.classifier(f.mean(dim=(2, 3)))
        return torch.cat([torch.flatten(v, 1) for v in (d, head, b)], 1)


class Standardized(nn.Conv2d):
    """A convolution without a bias that standardises its weights before it uses them."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = self.weight.mean(dim=(1, 2, 3), keepdim=True)
        variance = self.weight.var(dim=(1, 2, 3), keepdim=True, correction=0)
        weight = (self.weight - mean) / torch.sqrt(variance + 1e-8)
        return functional.conv2d(x, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class PixelNorm(nn.LayerNorm):
    """Layer norm over the channels of each pixel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ScaledBlock(nn.Module):
    """Convolutions (kernel, width) with their norms, ReLU between them; factors before the sum, perhaps ReLU behind it."""

    def __init__(self, inputs: int, layers: list[tuple[int, int, nn.Module]], stride: int = 1, linear: bool = False):
        super().__init__()
        self.count, self.linear, channels = len(layers), linear, inputs
        for number, (kernel, width, norm) in enumerate(layers, start=1):
            step = stride if number == 1 else 1
            self.add_module(f"conv{number}", Standardized(channels, width, kernel, step, kernel // 2, bias=False))
            self.add_module(f"bn{number}", norm)
            channels = width
        if stride != 1 or inputs != channels:
            projection = Standardized(inputs, channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.GroupNorm(4, channels))
        self.layer_scale = nn.Parameter(torch.empty(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x
        for number in range(1, self.count + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            if number < self.count:
                y = functional.relu(y)
        y = y * self.layer_scale[:, None, None] + (self.downsample(x) if hasattr(self, "downsample") else x)
        return y if self.linear else functional.relu(y)


class ForkedBlock(nn.Module):
    """Ends in two convolutions side by side: the factors before the sum follow no convolution."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = Standardized(36, 36, 3, 1, 1, bias=False), nn.GroupNorm(4, 36)
        self.conv2, self.bn2 = Standardized(36, 20, 3, 1, 1, bias=False), nn.GroupNorm(4, 20)
        self.conv3, self.bn3 = Standardized(36, 16, 1, bias=False), PixelNorm(16)
        self.layer_scale = nn.Parameter(torch.empty(36))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = torch.cat([self.bn2(self.conv2(y)), self.bn3(self.conv3(y))], 1)
        return functional.relu(x + y * self.layer_scale[:, None, None])


class Norms(nn.Module):
    """Group and layer norms: groups that end inside vectors, parts side by side, groups in lanes, one group, one channel a
    group, one pixel."""

    def __init__(self, classes: int):
        super().__init__()
        self.conv1, self.bn1 = Standardized(3, 20, 3, 2, 1, bias=False), nn.GroupNorm(4, 20)
        self.conv2, self.bn2 = Standardized(20, 24, 1, bias=False), nn.GroupNorm(3, 24)
        self.conv3, self.bn3 = Standardized(24, 13, 3, 1, 1, bias=False), PixelNorm(13, 1e-6)
        self.norm1 = PixelNorm(37)
        self.conv4, self.bn4 = Standardized(37, 32, 1, bias=False), nn.GroupNorm(32, 32)
        self.conv5, self.bn5 = Standardized(32, 32, 3, 1, 1, groups=8, bias=False), PixelNorm(32)
        self.prelu5 = nn.PReLU(32)
        self.conv6, self.bn6 = nn.Conv2d(32, 32, 5, 1, 2, groups=32), nn.GroupNorm(4, 32)
        self.prelu6 = nn.PReLU(32)
        pair = lambda inputs: ScaledBlock(inputs, [(3, 40, nn.GroupNorm(4, 40)), (3, 40, nn.GroupNorm(4, 40))])
        self.layer1 = nn.Sequential(pair(32), pair(40))
        bottleneck = [(1, 18, PixelNorm(18)), (3, 18, nn.GroupNorm(1, 18)), (1, 36, nn.GroupNorm(4, 36))]
        self.layer2 = nn.Sequential(ScaledBlock(40, bottleneck, 2, linear=True))
        self.layer3 = nn.Sequential(ForkedBlock())
        self.norm2, self.norm3 = PixelNorm(36), nn.GroupNorm(6, 36)
        self.fc = nn.Linear(36, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.pad(self.bn1(self.conv1(x)), (1, 1, 1, 1))
        x = torch.sigmoid(self.bn2(self.conv2(functional.max_pool2d(x, 3, 2))))
        x = torch.cat([x, functional.gelu(self.bn3(self.conv3(x)))], 1)
        x = functional.relu(self.bn4(self.conv4(functional.silu(self.norm1(x)))))
        x = self.prelu6(self.bn6(self.conv6(self.prelu5(self.bn5(self.conv5(x))))))
        x = self.layer3(self.layer2(self.layer1(x))).mean(dim=(2, 3), keepdim=True)
        x = functional.relu(self.norm3(torch.tanh(self.norm2(x))))
        return self.fc(torch.flatten(x, 1))


def convolution(
    inputs: int,
    width: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    function: nn.Module | None = None,
    dilation: int = 1,
) -> list[nn.Module]:
    padding = kernel // 2 * dilation
    return [
        nn.Conv2d(inputs, width, kernel, stride, padding, dilation, groups, bias=False),
        nn.BatchNorm2d(width),
        function or nn.ReLU(),
    ]


def basic(width: int) -> list[tuple[int, int]]:
    return [(3, width), (3, width)]


# Name: (channels, height, width of the input), the PyTorch module, the .rn source. Of several outputs the logits are all
# values of one, then those of the next.
NETWORKS = {
    "pyramid": (
        (3, 16, 24),
        lambda: Pyramid(),
        """\
# A feature pyramid with three outputs: lateral convolutions, upsampling, sums.
model Pyramid

input     3 x 16 x 24
stride    on first
output    p2, p3, p4

conv1     8x12   3x3, 12, stride 2
c2        8x12   [3x3, 12; 3x3, 12]
c3        4x6    [3x3, 20; 3x3, 20]
c4        2x3    [3x3, 36; 3x3, 36]
top       2x3    1x1, 24, no norm, linear
l3        4x6    {from c3; 1x1, 24, no norm, linear | upsample 2} sum
l2        8x12   {from c2; 1x1, 24, no norm, linear | from l3; upsample 2} sum
p4        2x3    from top; 3x3, 24, no norm, linear
p3        4x6    from l3; 3x3, 24, no norm, linear
p2        8x12   from l2; 3x3, 24, no norm, linear
""",
    ),
    "ushape": (
        (1, 12, 20),
        lambda: UShape(),
        """\
# A U-shaped network: a contracting path, an expanding one, each size handed across.
model UShape

input   1 x 12 x 20

down1   12x20   3x3, 10; 3x3, 10
down2    6x10   2x2 max pool, stride 2; 3x3, 20; 3x3, 20
down3    3x5    2x2 max pool, stride 2; 3x3, 40; 3x3, 40
up2      6x10   {from down2 | upsample 2 bilinear}; 3x3, 20; 3x3, 20
up1     12x20   {from down1 | from up2; upsample 2}; 3x3, 10; 3x3, 10
mask    12x20   1x1, 2, no norm, linear
""",
    ),
    "taps": (
        (3, 13, 18),
        lambda: Taps(9),
        """\
# Values read again further down, some of which are returned: by sums, by concatenations, and twice by one. `b` has its
# groups in lanes where those are full, and a sum that would otherwise take its place.
model Taps

input   3 x 13 x 18
output  d, head, b

a       13x18   3x3, 24
b        7x9    3x3, 32, stride 2, groups 8
c        7x9    {3x3, 32, linear | identity} sum relu
d        7x9    {from a; 3x3, 7, stride 2 | from b | from c}
e        7x9    {from b | identity}; 1x1, 12
f       11x14   upsample 3 bilinear; 3x3, 19, stride 2
head     1x1    average pool, 9-d fc, softmax
""",
    ),
    "odd": (
        (3, 29, 35),
        lambda: Blocks(
            3,
            stem=(5, 7, 2),
            pool=nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
            stages=[(basic(10), 2, 1), (basic(21), 2, 2)],
            classes=13,
            shortcut="B",
        ),
        """\
# Odd sizes and widths everywhere. The pool's ceiling mode adds a column (18 to 10) and no row (15 to 8).
model Odd

input     3 x 29 x 35
shortcut  B
stride    on first

conv1    15x18   5x5, 7, stride 2
pool1     8x10   3x3 max pool, stride 2, ceil
conv2_x   8x10   [3x3, 10; 3x3, 10] x 2
conv3_x   4x5    [3x3, 21; 3x3, 21] x 2
head      1x1    average pool, 13-d fc
""",
    ),
    "pad_both": (
        (1, 17, 19),
        lambda: Blocks(
            1,
            stem=(3, 6, 1),
            stages=[(basic(6), 2, 1), (basic(12), 2, 2), (basic(23), 2, 2)],
            classes=11,
            shortcut="A both",
        ),
        """\
# Option A with zeros on both sides: 3 before and 3 after, then 5 before and 6 after. Grey input.
model PadBoth

input     1 x 17 x 19
shortcut  A, pad both
stride    on first

conv1    17x19   3x3, 6
stage1   17x19   [3x3, 6;  3x3, 6]  x 2
stage2    9x10   [3x3, 12; 3x3, 12] x 2
stage3    5x5    [3x3, 23; 3x3, 23] x 2
head      1x1    average pool, 11-d fc
""",
    ),
    "acts": (
        (3, 23, 26),
        lambda: Sequence(
            features=[
                nn.Conv2d(3, 8, (1, 7), padding=(0, 3)),
                nn.ReLU6(),
                nn.Conv2d(8, 9, (7, 1), padding=(3, 0)),
                nn.SiLU(),
                nn.Conv2d(9, 12, 3, padding=2, dilation=2),
                nn.GELU(),
                nn.AvgPool2d(2, stride=2),
                nn.Conv2d(12, 14, 3, padding=1, bias=False),
                nn.BatchNorm2d(14),
                nn.Sigmoid(),
                nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
                nn.Conv2d(14, 10, 1),
                nn.MaxPool2d(3, stride=2),
            ],
            classifier=[nn.Linear(10 * 5 * 6, 20), nn.ReLU(), nn.Dropout(0.5), nn.Linear(20, 9)],
        ),
        """\
# Activations, biases, rectangular and dilated kernels, average pools, fully connected layers; no blocks.
model Acts

input    3 x 23 x 26

conv1    23x26   1x7, 8, no norm, bias, relu6
conv2    23x26   7x1, 9, no norm, bias, silu
conv3    23x26   3x3, 12, dilation 2, no norm, bias, gelu
pool3    11x13   2x2 average pool, stride 2
conv4    11x13   3x3, 14, sigmoid
pool4    11x13   3x3 average pool, stride 1, uncounted
conv5    11x13   1x1, 10, no norm, bias, linear
pool5     5x6    3x3 max pool, stride 2, pad 0
head      1x1    20-d fc, relu, dropout 0.5, 9-d fc
""",
    ),
    "more_acts": (
        (3, 21, 19),
        lambda: Sequence(
            features=[
                nn.Conv2d(3, 9, 3, padding=1, bias=False),
                nn.BatchNorm2d(9),
                nn.Hardswish(),
                nn.Conv2d(9, 10, 3, padding=1),
                nn.LeakyReLU(0.1),
                nn.Conv2d(10, 12, 1, bias=False),
                nn.BatchNorm2d(12),
                nn.ELU(),
                nn.AvgPool2d(2, stride=2),
                nn.Conv2d(12, 13, 3, padding=1, bias=False),
                nn.BatchNorm2d(13),
                nn.Tanh(),
                nn.MaxPool2d(3, stride=2, padding=1),
                nn.Hardsigmoid(),
                nn.Conv2d(13, 7, 1, bias=False),
                nn.BatchNorm2d(7),
                nn.LeakyReLU(),
            ],
            classifier=[nn.Linear(7 * 5 * 5, 20), nn.Hardswish(), nn.Linear(20, 9)],
        ),
        """\
# The activations that "acts" does not have: after convolutions, as a layer of its own, after a fully connected layer.
model MoreActs

input    3 x 21 x 19

conv1    21x19   3x3, 9, hardswish
conv2    21x19   3x3, 10, no norm, leaky relu 0.1
conv3    21x19   1x1, 12, elu
pool3    10x9    2x2 average pool
conv4    10x9    3x3, 13, tanh
pool4     5x5    3x3 max pool; hardsigmoid
conv5     5x5    1x1, 7, leaky relu
head      1x1    20-d fc, hardswish; 9-d fc
""",
    ),
    "prelu": (
        (3, 15, 14),
        lambda: Sequence(
            features=[
                nn.Conv2d(3, 11, 3, padding=1),
                nn.PReLU(11),
                nn.MaxPool2d(2, stride=2),
                nn.Conv2d(11, 13, 3, padding=1, bias=False),
                nn.BatchNorm2d(13),
                nn.PReLU(13),
            ],
            classifier=[nn.Linear(13 * 7 * 7, 5)],
        ),
        """\
# PReLU: one slope a channel, a module of its own with a weight (features.1.weight, features.5.weight).
model Slopes

input    3 x 15 x 14

conv1    15x14   3x3, 11, no norm, bias, prelu
pool1     7x7    2x2 max pool, stride 2
conv2     7x7    3x3, 13, prelu
head      1x1    5-d fc
""",
    ),
    "option_c": (
        (3, 33, 33),
        lambda: Blocks(
            3,
            stem=(3, 9, 2),
            stages=[([(1, 5), (3, 5), (1, 18)], 2, 1), ([(1, 10), (3, 10), (1, 38)], 2, 2)],
            classes=7,
            shortcut="C",
        ),
        """\
# Bottleneck blocks with a projection in every one, the stride on the first 1x1, no width a multiple of 16.
model OptionC

input     3 x 33 x 33
shortcut  C
stride    on first

conv1    17x17   3x3, 9, stride 2
conv2_x  17x17   [1x1, 5;  3x3, 5;  1x1, 18] x 2
conv3_x   9x9    [1x1, 10; 3x3, 10; 1x1, 38] x 2
head      1x1    average pool, 7-d fc
""",
    ),
    "plain": (
        (3, 20, 22),
        lambda: Blocks(
            3,
            stem=(3, 12, 1),
            stages=[(basic(20), 2, 1), (basic(33), 2, 2)],
            classes=10,
            shortcut="none",
        ),
        """\
# A plain network: groups of layers without a shortcut.
model Plain

input     3 x 20 x 22
shortcut  none
stride    on first

conv1    20x22   3x3, 12
conv2_x  20x22   (3x3, 20; 3x3, 20) x 2
conv3_x  10x11   (3x3, 33; 3x3, 33) x 2
head      1x1    average pool, 10-d fc
""",
    ),
    "tiles": (
        (3, 17, 26),
        lambda: Blocks(
            3,
            stem=(3, 40, 1),
            stages=[
                (basic(40), 1, 1),
                (basic(72), 1, 2),
                (basic(100), 2, 2),
                (basic(132), 1, 2),
                (basic(134), 1, 2),
                (basic(166), 1, 2),
            ],
            classes=8,
            shortcut="A both",
        ),
        """\
# Maps that no tile of Winograd's divides, down to one pixel, in widths that fill no vector. Where the shape changes,
# zeros come before the channels: 16, a multiple of every vector, or 14, or 1.
model Tiles

input     3 x 17 x 26
shortcut  A, pad both
stride    on first

conv1    17x26   3x3, 40
stage1   17x26   [3x3, 40;  3x3, 40]
stage2    9x13   [3x3, 72;  3x3, 72]
stage3    5x7    [3x3, 100; 3x3, 100] x 2
stage4    3x4    [3x3, 132; 3x3, 132]
stage5    2x2    [3x3, 134; 3x3, 134]
stage6    1x1    [3x3, 166; 3x3, 166]
head      1x1    average pool, 8-d fc
""",
    ),
    "pooled": (
        (3, 90, 38),
        lambda: Blocks(
            3,
            stem=(3, 52, 2),
            pool=nn.MaxPool2d(3, stride=2, padding=1),
            stages=[([(3, 24), (1, 100)], 1, 1), (basic(100), 2, 1), (basic(132), 1, 1)],
            pools=[
                nn.MaxPool2d(2, stride=2),
                nn.MaxPool2d((2, 4), stride=1),
                nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
            ],
            classes=8,
            shortcut="B",
        ),
        """\
# Pools after a stem, after a sum with a projection and after two with an identity: windows that overlap and that do not,
# over maps whose tiles are of one row and of several, in more than one group of channels.
model Pooled

input     3 x 90 x 38
shortcut  B
stride    on first

conv1    45x19   3x3, 52, stride 2
pool1    23x10   3x3 max pool, stride 2
conv2_x  23x10   [3x3, 24; 1x1, 100]
pool2    11x5    2x2 max pool, stride 2
conv3_x  11x5    [3x3, 100; 3x3, 100] x 2
pool3    10x2    2x4 max pool, stride 1, pad 0
conv4_x  10x2    [3x3, 132; 3x3, 132]
pool4     5x1    3x3 average pool, stride 2, uncounted
head      1x1    average pool, 8-d fc
""",
    ),
    "paddings": (
        (5, 13, 15),
        lambda: Sequence(
            features=[
                nn.Conv2d(5, 17, 3, padding=1),
                nn.PReLU(17),
                nn.Conv2d(17, 5, 3, padding=1, bias=False),
                nn.BatchNorm2d(5),
                nn.Sigmoid(),
                nn.Conv2d(5, 40, 3, padding=2, bias=False),
                nn.BatchNorm2d(40),
                nn.SiLU(),
                nn.Conv2d(40, 100, 3, padding=0, bias=False),
                nn.BatchNorm2d(100),
                nn.GELU(),
                nn.Conv2d(100, 17, 3, padding=(0, 2), bias=False),
                nn.BatchNorm2d(17),
                nn.ReLU6(),
                nn.MaxPool2d(2, stride=2),
                nn.Conv2d(17, 33, 3, padding=1, bias=False),
                nn.MaxPool2d(2, stride=2),
                nn.Conv2d(33, 50, 3, padding=(2, 1), bias=False),
                nn.BatchNorm2d(50),
                nn.PReLU(50),
                nn.Conv2d(50, 37, 3, padding=0),
                nn.Sigmoid(),
            ],
            classifier=[nn.Linear(37 * 2 * 2, 6)],
        ),
        """\
# 3x3 layers of stride 1 with every padding and every activation, from an image of five channels.
model Paddings

input    5 x 13 x 15

conv1    13x15   3x3, 17, no norm, bias, prelu
conv2    13x15   3x3, 5, sigmoid
conv3    15x17   3x3, 40, pad 2, silu
conv4    13x15   3x3, 100, pad 0, gelu
conv5    11x17   3x3, 17, pad 0x2, relu6
pool5     5x8    2x2 max pool, stride 2
conv6     5x8    3x3, 33, no norm, no bias, linear
pool6     2x4    2x2 max pool, stride 2
conv7     4x4    3x3, 50, pad 2x1, prelu
conv8     2x2    3x3, 37, pad 0, no norm, bias, sigmoid
head      1x1    6-d fc
""",
    ),
    "counted": (
        (3, 21, 26),
        lambda: Sequence(
            features=[
                nn.Conv2d(3, 20, 3, padding=1),
                nn.ReLU(),
                nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True),
                nn.AvgPool2d(4, stride=3, padding=(2, 1)),
                nn.Conv2d(20, 30, 2),
                nn.ReLU(),
                nn.AvgPool2d((2, 3), stride=1, padding=1, count_include_pad=False),
                nn.Conv2d(30, 24, 3, padding=1),
                nn.ReLU(),
                nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True),
                nn.AvgPool2d(3, stride=1),
            ],
            classifier=[nn.Linear(24, 7)],
        ),
        """\
# Averages that count the zeros of their padding, after a convolution and after a pool, rounded up beyond the padding; an
# even kernel; a window that covers its map.
model Counted

input    3 x 21 x 26
norm     none

conv1    21x26   3x3, 20
pool1    11x14   3x3 average pool, stride 2, ceil, counted
pool2     4x5    4x4 average pool, stride 3, pad 2x1, counted
conv3     3x4    2x2, 30
pool3     4x4    2x3 average pool, stride 1, pad 1x1, uncounted
conv4     4x4    3x3, 24
pool4     3x3    3x3 average pool, stride 2, ceil, counted
pool5     1x1    3x3 average pool
head             7-d fc
""",
    ),
    "grouped": (
        (3, 21, 19),
        lambda: Blocks(
            3,
            stem=(3, 32, 1),
            stages=[
                ([(1, 32), (3, 32, 8), (1, 40)], 2, 1),
                ([(1, 64), (3, 64, 16), (1, 48)], 2, 2),
                ([(1, 48), (5, 48, 48), (1, 24)], 2, 2),
                ([(3, 24, 24), (1, 96)], 1, 1),
                ([(1, 96), (3, 96, 3), (1, 30)], 1, 2),
                ([(1, 30), (3, 60, 30), (1, 28)], 1, 1),
                ([(1, 24), (3, 36, 12)], 2, 1),
                ([(1, 40), (3, 40, 40)], 2, 1),
            ],
            classes=9,
            shortcut="B",
        ),
        """\
# Groups that fill vectors, share them, and leave lanes empty; one channel each, with two outputs each, before a sum.
model Grouped

input     3 x 21 x 19
shortcut  B
stride    on first

conv1    21x19   3x3, 32
conv2_x  21x19   [1x1, 32; 3x3, 32, groups 8; 1x1, 40] x 2
conv3_x  11x10   [1x1, 64; 3x3, 64, groups 16; 1x1, 48] x 2
conv4_x   6x5    [1x1, 48; 5x5, 48, depthwise; 1x1, 24] x 2
conv5_x   6x5    [3x3, 24, depthwise; 1x1, 96]
conv6_x   3x3    [1x1, 96; 3x3, 96, groups 3; 1x1, 30]
conv7_x   3x3    [1x1, 30; 3x3, 60, depthwise; 1x1, 28]
conv8_x   3x3    [1x1, 24; 3x3, 36, groups 12] x 2
conv9_x   3x3    [1x1, 40; 3x3, 40, depthwise] x 2
head      1x1    average pool, 9-d fc
""",
    ),
    "branches": (
        (3, 23, 21),
        lambda: Branches(12),
        """\
# Parts of any width side by side, parts of parts, a value as its own neighbour, and who reads them.
model Branches

input    3 x 23 x 21

conv1    12x11   3x3, 20, stride 2
mix1     12x11   { 1x1, 20 | 1x1, 7; 3x3, 13, sigmoid | 3x3 max pool, stride 1; 1x1, 9 }
pool1     6x6    3x3 max pool, stride 2
mix2      6x6    { identity | { 3x3, 5 | 1x1, 8; 3x3, 12, groups 4 } | 1x1, 42, depthwise }
same      6x6    { identity | identity }
dw        3x3    3x3, 202, depthwise, stride 2
mix3      3x3    { 3x3 average pool, stride 1, pad 1, counted | 1x1, 6; 5x5, 24, depthwise }
head             12-d fc
""",
    ),
    "gates": (
        (3, 19, 17),
        lambda: Gates(7),
        """\
# Factors for channels, for pixels and for both, of parts side by side and of groups; sums of three.
model Gates

input    3 x 19 x 17

conv1    10x9   3x3, 20, stride 2
scale    10x9   { identity | average pool; 1x1, 5, no norm, bias; 1x1, 20, no norm, bias, sigmoid } product
mask     10x9   { identity | 7x7, 1, sigmoid } product relu
sums     10x9   { 1x1, 24, linear | 3x3, 24, linear | 1x1, 8; 3x3, 24, linear } sum silu x 2
parts    10x9   { { 1x1, 10, relu | 3x3, 14, linear } | 1x1, 24, sigmoid } product
groups   10x9   1x1, 32; 3x3, 32, groups 8; { identity | average pool; 1x1, 32, no norm, bias, sigmoid } product; 1x1, 24
same     10x9   { 1x1, 24, linear | 1x1, 24, tanh } product
head      1x1   average pool, 7-d fc
""",
    ),
    "bins": (
        (3, 19, 17),
        lambda: Bins(7),
        """\
# Pools to sizes: bins alike and not, more bins than rows, a pyramid of groups in lanes, the whole map.
model Bins

input    3 x 19 x 17

conv1   10x9   3x3, 21, stride 2
uneven   7x6   { identity | 1x1, 16 }; average pool to 7x6
more     8x9   3x3, 18; max pool to 8x9
even     4x3   3x3, 32; average pool to 4x3
groups   4x3   3x3, 32, groups 8
head     1x1   { spatial pyramid pool 7 3 2 1 | max pool }; 7-d fc
""",
    ),
    "highway": (
        (3, 19, 17),
        lambda: Highway(7),
        """\
# Gates one after another, of groups, of parts side by side, of one pixel.
model Highway

input    3 x 19 x 17

conv1   10x9   3x3, 21, stride 2
gates   10x9   gate(3x3, 21) x 3
parts   10x9   { identity | 1x1, 16 }; gate(1x1, 37, no norm, tanh)
groups   5x5   3x3, 32; gate(3x3, 32, groups 8); 3x3 max pool, stride 2
head     1x1   average pool; gate(1x1, 32, no norm, linear); 7-d fc
""",
    ),
    "windows": (
        (3, 65, 58),
        lambda: Windows(7),
        """\
# Padding that differs from side to side, TensorFlow's, and steps that differ down and across: direct, Winograd, each channel
# by itself, computed for what reads it, pools that count zeros and that do not.
model Windows

input    3 x 65 x 58

conv1   33x29   3x3, 20, stride 2, pad same
lone    33x28   3x3, 20, depthwise, pad 0 1 2 0, sigmoid
tiles   32x27   3x3, 40, pad 0 0 1 1
across  32x14   3x3, 24, stride 1x2, pad 1
ring    16x7    1x1, 53, sigmoid; 5x5, 53, depthwise, stride 2, pad same
far     13x4    3x3, 32, dilation 2, pad 0 0 1 1
groups  12x4    3x3, 32, groups 8, pad 1 0 0 2
pool1    6x2    3x3 max pool, stride 2, pad same
pool2    5x2    3x3 average pool, stride 1, pad 1 1 0 1, counted
pool3    4x1    3x3 average pool, stride 1, pad 0 1 1 0, uncounted
head     1x1    average pool, 7-d fc
""",
    ),
    "shuffled": (
        (3, 19, 17),
        lambda: Shuffled(7),
        """\
# Halves that pass, of parts that fill vectors and of parts that do not; shuffles of groups, of parts, before groups in
# lanes, at the end.
model Shuffled

input    3 x 19 x 17
names    vgg

conv1   10x9   3x3, 20, stride 2
units   10x9   (split { identity | 1x1, 10; 3x3, 10, depthwise }; shuffle 2) x 3
wide    10x9   1x1, 64; split { identity | 3x3, 32 }; shuffle 4
groups  10x9   3x3, 64, groups 16; shuffle 8; 1x1, 32, sigmoid
down     5x5   split { 3x3, 9, stride 2 | 1x1, 15, stride 2 }; shuffle 3
more     5x5   { identity | 1x1, 8, linear }
head     1x1   shuffle 16; average pool, 7-d fc
""",
    ),
    "across": (
        (3, 19, 17),
        lambda: Across(7),
        """\
# Windows over channels: of the image, of groups, of parts side by side, wider than all channels, of one pixel; the
# largest of two channels and of more.
model Across

input    3 x 19 x 17

image   19x17  lrn 2, alpha 1, k 2
conv1   10x9   3x3, 20, stride 2, no norm; lrn 5, alpha 2, k 2
groups  10x9   1x1, 32; 3x3, 32, groups 8; lrn 4, alpha 2, beta 0.5
wide    10x9   1x1, 13, relu; lrn 15, alpha 0.5
mix     10x9   { identity | lrn 3, alpha 1 | 1x1, 7, relu; lrn 3, alpha 3, beta 1.5 }
parts   10x9   lrn 5, alpha 1; maxout 3
two     10x9   3x3, 42, no norm, linear; maxout 2
four     5x5   3x3, 32; 3x3, 64, groups 16, linear; maxout 4; 3x3 max pool, stride 2
head     1x1   average pool; lrn 33; 35-d fc; maxout 5; 7-d fc
""",
    ),
    "attention": (
        (3, 19, 17),
        lambda: Attention(7),
        """\
# Channel attention: of more channels than a vector and of fewer, of parts side by side, of groups in lanes, with more
# weights than channels, of a value that others read, too, and of one pixel; a norm behind a fully connected layer.
model Attention

input    3 x 19 x 17
names    vgg

conv1   10x9   3x3, 20, stride 2; eca
wide    10x9   1x1, 83, sigmoid; eca
mix     10x9   { 3x3, 21 | 1x1, 27 }; eca 5, hardsigmoid
groups   5x5   1x1, 64; 3x3, 64, groups 16, stride 2; eca 19
deep     5x5   3x3, 64, depthwise, linear; eca; prelu
again    5x5   { identity | eca } sum silu
moved    5x5   shuffle 8; 3x3, 64
thin     5x5   { 1x1, 3, tanh; eca 15 | 1x1, 40 }; eca
head     1x1   average pool; eca 1; 12-d fc, no bias, norm batch, relu; 7-d fc
""",
    ),
    "scales": (
        (3, 19, 17),
        lambda: Scales(7),
        """\
# Res2Net's blocks, narrow: each share of the channels is convolved with what the one before it became; of no whole vectors,
# of whole ones, and with a stride.
model Scales

input    3 x 19 x 17
names    res2net
block    first(w, out) = 1x1, 4w; split { 3x3, w | 3x3, w | 3x3, w | 3x3 average pool, stride 1, pad 1, counted }; 1x1, out

conv1   10x9   3x3, 12, stride 2
layer1  10x9   [first(7, 24)]; [1x1, 28; split { 3x3, 7 | + 3x3, 7 | + 3x3, 7 | identity }; 1x1, 24] x 2
layer2   5x5   [1x1, 48; split { 3x3, 16, stride 2 | 3x3, 16, stride 2 | 3x3 average pool, stride 2, pad 1, counted }; 1x1, 52]; [1x1, 48; split { 3x3, 16 | + 3x3, 16 | identity }; 1x1, 52]
head     1x1   average pool, 7-d fc
""",
    ),
    "inception": (
        (3, 75, 67),
        lambda: Inception(11),
        """\
# Inception-v3's modules, narrow: 1x7 and 7x1 on maps smaller than their window, braces in braces, no padding where maps
# are halved.
model Inception

input   3 x 75 x 67
norm    batch, eps 1e-3
names   inception_v3
block   pooled(w) = 3x3 average pool, stride 1, pad 1, counted; 1x1, w

Conv2d_1a_3x3  37x33   3x3, 12, stride 2, pad 0
Conv2d_2a_3x3  35x31   3x3, 20, pad 0
maxpool1       17x15   3x3 max pool, stride 2, pad 0
Mixed_5b       17x15   { 1x1, 8 | 1x1, 6; 5x5, 9 | 1x1, 7; 3x3, 10; 3x3, 11 | pooled(5) }
Mixed_6a         8x7   { 3x3, 13, stride 2, pad 0 | 1x1, 7; 3x3, 9; 3x3, 10, stride 2, pad 0 | 3x3 max pool, stride 2, pad 0 }
Mixed_6b         8x7   { 1x1, 16 | 1x1, 7; 1x7, 7; 7x1, 16 | 1x1, 9; 7x1, 9; 1x7, 9; 7x1, 9; 1x7, 16 | pooled(16) }
Mixed_7a         3x3   { 1x1, 12; 3x3, 20, stride 2, pad 0 | 1x1, 12; 1x7, 12; 7x1, 12; 3x3, 12, stride 2, pad 0 | 3x3 max pool, stride 2, pad 0 }
Mixed_7b         3x3   { 1x1, 20 | 1x1, 14; { 1x3, 14 | 3x1, 14 } | 1x1, 17; 3x3, 15; { 1x3, 15 | 3x1, 15 } | pooled(12) }
head             1x1   average pool, 11-d fc
""",
    ),
    "pieces": (
        (3, 32, 29),
        lambda: Sequence(
            features=[
                *(nn.Conv2d(3, 42, 8, padding=4), Maxout(2), nn.MaxPool2d(4, 2, ceil_mode=True)),
                *(nn.Conv2d(21, 40, 8, padding=3), Maxout(2), nn.MaxPool2d(4, 2, ceil_mode=True)),
                *(nn.Conv2d(20, 48, 5, padding=3), Maxout(3), nn.MaxPool2d(2, 2, ceil_mode=True)),
            ],
            classifier=[nn.Linear(16 * 20, 60), Maxout(5), nn.Linear(12, 10)],
        ),
        """\
# Maxout's network, narrow: padded windows of even size, which move the map; pools of even size that round up, and reach
# beyond it.
model Pieces

input       3 x 32 x 29
norm        none
activation  linear

conv1  33x30   8x8, 42, pad 4; maxout 2
pool1  16x14   4x4 max pool, stride 2, ceil
conv2  15x13   8x8, 40, pad 3; maxout 2
pool2    7x6   4x4 max pool, stride 2, ceil
conv3    9x8   5x5, 48, pad 3; maxout 3
pool3    5x4   2x2 max pool, stride 2, ceil
head           60-d fc; maxout 5; 10-d fc
""",
    ),
    "pre_norm": (
        (3, 17, 19),
        lambda: PreNorm(9),
        """\
# Norms before convolutions, over a sum, over parts side by side, and by themselves; a dense block.
model PreNorm

input     3 x 17 x 19
order     pre
shortcut  B
stride    on first

conv1    17x19  3x3, 20, no norm
conv2_x  17x19  [3x3, 20; 3x3, 20] x 2
conv3_x   9x10  [1x1, 12; 3x3, 12; 1x1, 36] x 2
dense     9x10  ({ identity | 1x1, 16; 3x3, 12 }) x 3
thin      5x5   norm, relu; 1x1, 30; 2x2 average pool, stride 2, ceil, uncounted
head      1x1   norm, sigmoid; average pool, 9-d fc
""",
    ),
    "separable": (
        (3, 70, 67),
        lambda: Sequence(
            features=[
                *convolution(3, 12, 3),
                *convolution(12, 53, 1, function=nn.Sigmoid()),
                *convolution(53, 53, 3, groups=53),
                *convolution(53, 48, 3, function=nn.PReLU(48)),
                nn.Conv2d(48, 48, (3, 1), padding=(1, 0), groups=48, bias=False),
                *(nn.BatchNorm2d(48), nn.PReLU(48)),
                *convolution(48, 50, 1),
                *convolution(50, 50, 5, stride=2, groups=50, function=nn.SiLU()),
                *convolution(50, 176, 1, function=nn.ReLU6()),
                *convolution(176, 176, 3, groups=176, dilation=2)[:2],
                *convolution(176, 167, 1),
                *convolution(167, 167, 7, stride=3, groups=167),
                nn.AdaptiveAvgPool2d(1),
            ],
            classifier=[nn.Linear(167, 9)],
        ),
        """\
# Convolutions whose large maps only a convolution of each channel reads: strides, dilation, large windows, every way in
# which lanes stay empty, more than one input.
model Separable

input    3 x 70 x 67

conv1    70x67   3x3, 12
a        70x67   1x1, 53, sigmoid; 3x3, 53, depthwise
b        70x67   3x3, 48, prelu; 3x1, 48, depthwise, prelu
c        35x34   1x1, 50; 5x5, 50, depthwise, stride 2, silu
d        35x34   1x1, 176, relu6; 3x3, 176, depthwise, dilation 2, linear
e        12x12   1x1, 167; 7x7, 167, depthwise, stride 3
head      1x1    average pool, 9-d fc
""",
    ),
    "norms": (
        (3, 29, 27),
        lambda: Norms(9),
        """\
# Group and layer norms: groups that end inside vectors, parts side by side, groups in lanes, one group, one channel a group,
# one pixel; standardised weights; a pool whose padding counts; factors before sums, behind a convolution and behind none.
model Norms

input    3 x 29 x 27
norm     group 4
weights  standardized, eps 1e-8
stride   on first

conv1    15x14   3x3, 20, stride 2, linear
pool1     8x7    3x3 max pool, stride 2, counted
a         8x7    1x1, 24, norm group 3, sigmoid
b         8x7    { identity | 3x3, 13, norm layer, eps 1e-6, gelu }; norm layer, silu
c         8x7    1x1, 32, norm group 32; 3x3, 32, groups 8, norm layer, prelu
d         8x7    5x5, 32, depthwise, bias, weights plain, prelu
stage1    8x7    [3x3, 40; 3x3, 40] scale x 2
stage2    4x4    [1x1, 18, norm layer; 3x3, 18, norm group 1; 1x1, 36] scale survival 0.9 linear
stage3    4x4    [3x3, 36; { 3x3, 20, linear | 1x1, 16, norm layer, linear }] scale relu
head      1x1    average pool, norm layer, tanh; norm group 6, relu; 9-d fc
""",
    ),
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
