"""Norms of every kind and place."""

import torch
from torch import nn
from torch.nn import functional

from torture.layers import basic


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


NETWORKS = {
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
