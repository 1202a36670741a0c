"""What works across channels or by gates: highway, maxout, local response norms, attention; padding uneven from side to side."""

import torch
from torch import nn
from torch.nn import functional

from torture.layers import convolution
from torture.sequences import Maxout


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


class Ragged(nn.Module):
    """Widths that fill no vector, of values that lie in every order, read by every kind of window."""

    def __init__(self, classes: int):
        super().__init__()
        self.features = nn.Sequential(
            *convolution(3, 108, 3, stride=2),
            *convolution(108, 108, 3, groups=54),
            *convolution(108, 22, 3),
            *convolution(22, 22, 1),
            *convolution(22, 22, 3),
            *convolution(44, 50, 3),
            *convolution(50, 104, 5),
            *convolution(104, 12, 3),
        )
        self.classifier = nn.Sequential(nn.Linear(12 * 11 * 10, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features[:9](x)
        x = torch.cat([self.features[9:12](x), self.features[12:15](x)], 1)
        return self.classifier(torch.flatten(self.features[15:](x), 1))


NETWORKS = {
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
    "ragged": (
        (3, 21, 19),
        lambda: Ragged(7),
        """\
# Blocks of lanes that are not full: the last one, those of groups in lanes, one in each part. Convolutions leave the empty
# lanes out; their weights come in chunks that are not alike.
model Ragged

input    3 x 21 x 19

conv1    11x10   3x3, 108, stride 2
groups   11x10   3x3, 108, groups 54; 3x3, 22
mix      11x10   { 1x1, 22 | 3x3, 22 }
wide     11x10   3x3, 50; 5x5, 104; 3x3, 12
head             7-d fc
""",
    ),
}
