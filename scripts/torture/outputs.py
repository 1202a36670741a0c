"""Several outputs, and values that are read again further down."""

import torch
from torch import nn
from torch.nn import functional

from torture.layers import basic, convolution
from torture.residual import Block


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
}
