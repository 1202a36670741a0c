"""The paper's CIFAR ResNets in PyTorch (section 4.2), with parameters named as torchvision names those of its ResNets.

A module of the other scripts; makes nothing itself. Depth is 6n + 2: n = 3 gives ResNet-20, 9 gives 56, 18 gives 110.
"""

import torch
from torch import nn
from torch.nn import functional


def identity_zero_padded(x: torch.Tensor, channels: int, stride: int, pad: str = "end") -> torch.Tensor:
    """Option A: subsample, then append zero channels, all at the end or half on each side (the odd one at the end)."""
    x = x[:, :, ::stride, ::stride]
    missing = channels - x.shape[1]
    before = missing // 2 if pad == "both" else 0
    return functional.pad(x, (0, 0, 0, 0, before, missing - before))


class BasicBlock(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int, pad: str = "end"):
        super().__init__()
        self.width, self.stride, self.pad = width, stride, pad
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return functional.relu(y + identity_zero_padded(x, self.width, self.stride, self.pad))


class CifarResNet(nn.Module):
    def __init__(self, n: int, classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self.stage(16, 16, n, stride=1)
        self.layer2 = self.stage(16, 32, n, stride=2)
        self.layer3 = self.stage(32, 64, n, stride=2)
        self.fc = nn.Linear(64, classes)

    @staticmethod
    def stage(inputs: int, width: int, n: int, stride: int) -> nn.Sequential:
        first = BasicBlock(inputs, width, stride)
        return nn.Sequential(first, *(BasicBlock(width, width, 1) for _ in range(n - 1)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))
