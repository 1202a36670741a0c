"""Networks of papers that neither torchvision nor timm has, in PyTorch. A module of the other scripts.

LeNet-5 as it is taught today, and the pre-activated ResNets of CIFAR: narrow and deep with bottlenecks, or wide. Modules
are called as the compiler calls them by itself.
"""

import torch
from torch import nn
from torch.nn import functional


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(16, 120, 5), nn.Tanh(),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).flatten(1))


class PreActivated(nn.Module):
    """Norm, ReLU, convolution; a projection reads what the first convolution reads, and has no norm."""

    def __init__(self, inputs: int, kernels: list[tuple[int, int]], stride: int):
        super().__init__()
        self.count = len(kernels)
        width = inputs
        for number, (kernel, outputs) in enumerate(kernels, 1):
            setattr(self, f"bn{number}", nn.BatchNorm2d(width))
            step = stride if number == 1 else 1
            setattr(self, f"conv{number}", nn.Conv2d(width, outputs, kernel, step, kernel // 2, bias=False))
            width = outputs
        if stride > 1 or width != inputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = functional.relu(self.bn1(x))
        y = self.conv1(first)
        for number in range(2, self.count + 1):
            y = getattr(self, f"conv{number}")(functional.relu(getattr(self, f"bn{number}")(y)))
        return y + (self.downsample(first) if hasattr(self, "downsample") else x)


class PreResNet(nn.Module):
    """Three stages of n blocks, whose layers are (kernel, width) for the first stage; widths double twice."""

    def __init__(self, n: int, kernels: list[tuple[int, int]], classes: int = 10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        width = 16
        for stage in range(3):
            layers = [(kernel, outputs << stage) for kernel, outputs in kernels]
            blocks = []
            for index in range(n):
                blocks.append(PreActivated(width, layers, 2 if stage > 0 and index == 0 else 1))
                width = layers[-1][1]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.norm1 = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.fc(functional.relu(self.norm1(x)).mean(dim=(2, 3)))
