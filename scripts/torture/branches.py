"""Values side by side: concatenations, gates, pools to sizes, shuffles, Res2Net and Inception in small."""

import torch
from torch import nn
from torch.nn import functional

from torture.layers import convolution


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
        self.classifier = nn.Sequential(nn.Linear((24 + 8) * 2 * 2, classes))

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
        x = functional.adaptive_avg_pool2d(functional.channel_shuffle(x, 16), 2)
        return self.classifier(functional.channel_shuffle(x, 4).flatten(1))


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


NETWORKS = {
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
    "shuffled": (
        (3, 19, 17),
        lambda: Shuffled(7),
        """\
# Halves that pass, of parts that fill vectors and of parts that do not; shuffles of groups, of parts, before groups in
# lanes, before a fully connected layer.
model Shuffled

input    3 x 19 x 17
names    vgg

conv1   10x9   3x3, 20, stride 2
units   10x9   (split { identity | 1x1, 10; 3x3, 10, depthwise }; shuffle 2) x 3
wide    10x9   1x1, 64; split { identity | 3x3, 32 }; shuffle 4
groups  10x9   3x3, 64, groups 16; shuffle 8; 1x1, 32, sigmoid
down     5x5   split { 3x3, 9, stride 2 | 1x1, 15, stride 2 }; shuffle 3
more     5x5   { identity | 1x1, 8, linear }
head     1x1   shuffle 16; average pool to 2x2; shuffle 4; 7-d fc
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
}
