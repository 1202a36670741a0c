"""What several of the awkward networks are made of."""

import torch
from torch import nn


class Sequence(nn.Module):
    """Features, flattened in channel, row, column order, then a classifier."""

    def __init__(self, features: list[nn.Module], classifier: list[nn.Module]):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


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
