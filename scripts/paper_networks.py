"""Networks of papers that neither torchvision nor timm has, in PyTorch. A module of the other scripts.

LeNet-5 as it is taught today, the pre-activated ResNets of CIFAR, narrow and deep with bottlenecks, or wide, and GoogLeNet
as published. Modules are called as the compiler calls them by itself, GoogLeNet's as torchvision's.
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

    def __init__(
        self, inputs: int, kernels: list[tuple[int, int]], stride: int, strided: int = 1, follows_norm: bool = False
    ):
        """The convolution of number `strided` has the stride. What follows a norm and its activation has none itself."""
        super().__init__()
        self.count, self.follows_norm = len(kernels), follows_norm
        width = inputs
        for number, (kernel, outputs) in enumerate(kernels, 1):
            if number > 1 or not follows_norm:
                setattr(self, f"bn{number}", nn.BatchNorm2d(width))
            step = stride if number == strided else 1
            setattr(self, f"conv{number}", nn.Conv2d(width, outputs, kernel, step, kernel // 2, bias=False))
            width = outputs
        if stride > 1 or width != inputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = x if self.follows_norm else functional.relu(self.bn1(x))
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


class PreResNet200(nn.Module):
    """For ImageNet. The first block takes the norm and the activation of the convolution before the pool for its own."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        width = 64
        for stage, repeats in enumerate([3, 24, 36, 3]):
            layers = [(1, 64 << stage), (3, 64 << stage), (1, 256 << stage)]
            blocks = []
            for index in range(repeats):
                stride = 2 if stage > 0 and index == 0 else 1
                blocks.append(PreActivated(width, layers, stride, 2, follows_norm=stage == index == 0))
                width = layers[-1][1]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.norm1 = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(functional.relu(self.norm1(x)).mean(dim=(2, 3)))


class BNInception(nn.Module):
    """Figure 5 of Ioffe & Szegedy (2015), all of it on one level, as `pretrainedmodels` has it."""

    # Widths of 1x1; of 3x3 and what is before it; of the double 3x3 and what is before it; behind the pool. Without the
    # first and the last: a module that halves the map.
    MODULES = {
        "3a": (64, (64, 64), (64, 96), 32), "3b": (64, (64, 96), (64, 96), 64), "3c": (None, (128, 160), (64, 96), None),
        "4a": (224, (64, 96), (96, 128), 128), "4b": (192, (96, 128), (96, 128), 128),
        "4c": (160, (128, 160), (128, 160), 128), "4d": (96, (128, 192), (160, 192), 128),
        "4e": (None, (128, 192), (192, 256), None), "5a": (352, (192, 320), (160, 224), 128),
        "5b": (352, (192, 320), (192, 224), 128),
    }  # fmt: skip

    def __init__(self, classes: int = 1000):
        super().__init__()
        self.add("conv1_7x7_s2", 3, 64, 7, 2)
        self.add("conv2_3x3_reduce", 64, 64, 1)
        self.add("conv2_3x3", 64, 192, 3)
        channels = 192
        for module, (single, (reduced, wide), (double_reduced, double), pooled) in self.MODULES.items():
            name = f"inception_{module}"
            stride = 1 if single else 2
            if single:
                self.add(f"{name}_1x1", channels, single, 1)
            self.add(f"{name}_3x3_reduce", channels, reduced, 1)
            self.add(f"{name}_3x3", reduced, wide, 3, stride)
            self.add(f"{name}_double_3x3_reduce", channels, double_reduced, 1)
            self.add(f"{name}_double_3x3_1", double_reduced, double, 3)
            self.add(f"{name}_double_3x3_2", double, double, 3, stride)
            if pooled:
                self.add(f"{name}_pool_proj", channels, pooled, 1)
            channels = (single or 0) + wide + double + (pooled or channels)
        self.last_linear = nn.Linear(channels, classes)

    def add(self, name: str, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        setattr(self, name, nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2))
        setattr(self, f"{name}_bn", nn.BatchNorm2d(outputs))

    def run(self, x: torch.Tensor, *names: str) -> torch.Tensor:
        for name in names:
            x = functional.relu(getattr(self, f"{name}_bn")(getattr(self, name)(x)))
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(self.run(x, "conv1_7x7_s2"), 3, 2, ceil_mode=True)
        x = functional.max_pool2d(self.run(x, "conv2_3x3_reduce", "conv2_3x3"), 3, 2, ceil_mode=True)
        for module, (single, _, _, pooled) in self.MODULES.items():
            name = f"inception_{module}"
            branches = [self.run(x, f"{name}_1x1")] if single else []
            branches.append(self.run(x, f"{name}_3x3_reduce", f"{name}_3x3"))
            branches.append(self.run(x, *[f"{name}_double_3x3_{part}" for part in ("reduce", 1, 2)]))
            if not pooled:
                branches.append(functional.max_pool2d(x, 3, 2, ceil_mode=True))
            elif module == "5b":
                branches.append(self.run(functional.max_pool2d(x, 3, 1, 1), f"{name}_pool_proj"))
            else:
                branches.append(self.run(functional.avg_pool2d(x, 3, 1, 1), f"{name}_pool_proj"))
            x = torch.cat(branches, 1)
        return self.last_linear(x.mean(dim=(2, 3)))


class Biased(nn.Module):
    """A convolution with a bias, and ReLU."""

    def __init__(self, inputs: int, width: int, kernel: int, stride: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, width, kernel, stride, kernel // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.conv(x))


class Inception(nn.Module):
    """Columns of Table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj."""

    def __init__(self, inputs: int, widths: tuple[int, int, int, int, int, int]):
        super().__init__()
        one, reduce3, three, reduce5, five, projection = widths
        self.branch1 = Biased(inputs, one, 1)
        self.branch2 = nn.Sequential(Biased(inputs, reduce3, 1), Biased(reduce3, three, 3))
        self.branch3 = nn.Sequential(Biased(inputs, reduce5, 1), Biased(reduce5, five, 5))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), Biased(inputs, projection, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class AuxiliaryHead(nn.Module):
    """Section 5: an average pool of 5x5 and stride 3, 128 filters of 1x1, 1024 units, 1000 classes."""

    def __init__(self, inputs: int):
        super().__init__()
        self.conv = Biased(inputs, 128, 1)
        self.fc1, self.fc2 = nn.Linear(2048, 1024), nn.Linear(1024, 1000)


class GoogLeNet(nn.Module):
    """Szegedy et al., "Going Deeper with Convolutions" (arXiv 1409.4842), Table 1, and Caffe's
    models/bvlc_googlenet/train_val.prototxt for what the table leaves open: norms across channels, pools that round up."""

    TABLE = {
        "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
        "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
        "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
    }  # fmt: skip

    def __init__(self, aux_heads: bool = False):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = Biased(3, 64, 7, 2), Biased(64, 64, 1), Biased(64, 192, 3)
        width = 192
        for name, widths in self.TABLE.items():
            setattr(self, f"inception{name}", Inception(width, widths))
            width = widths[0] + widths[2] + widths[4] + widths[5]
        self.fc = nn.Linear(width, 1000)
        if aux_heads:
            self.aux1, self.aux2 = AuxiliaryHead(512), AuxiliaryHead(528)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def pool(x: torch.Tensor) -> torch.Tensor:
            return functional.max_pool2d(x, 3, 2, ceil_mode=True)

        def norm(x: torch.Tensor) -> torch.Tensor:
            return functional.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1.0)

        x = pool(norm(self.conv3(self.conv2(norm(pool(self.conv1(x)))))))
        for name in self.TABLE:
            x = getattr(self, f"inception{name}")(pool(x) if name in ("4a", "5a") else x)
        return self.fc(x.mean(dim=(2, 3)))
