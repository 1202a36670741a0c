"""Networks without blocks: activations, paddings, windows, pools, convolutions of single channels."""

import torch
from torch import nn

from torture.layers import Sequence, convolution


class Maxout(nn.Module):
    """Of each group of consecutive channels the largest."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.view(x.shape[0], x.shape[1] // self.size, self.size, *x.shape[2:]).max(2).values


NETWORKS = {
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
}
