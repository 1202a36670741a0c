"""Residual networks of odd sizes: shortcuts of every kind, groups, pools, maps that no tile divides."""

import torch
from torch import nn
from torch.nn import functional

from cifar_resnet import identity_zero_padded
from torture.layers import basic


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


NETWORKS = {
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
}
