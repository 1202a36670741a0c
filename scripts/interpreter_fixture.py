#!/usr/bin/env python3
"""Writes PyTorch's answers, in double precision, for the small networks of InterpreterTests.swift.

Parameters and the image are functions of their names (see `tensor`), so only the logits are stored:

    A-end basic on3x3 relu: 0.1 0.2 ...

Run with PyTorch; writes Tests/CompilerTests/Fixtures/interpreter.txt.
"""
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from paper_networks import PreActivated

OUTPUT = pathlib.Path(__file__).parent.parent / "Tests" / "CompilerTests" / "Fixtures" / "interpreter.txt"
MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(z):
    """splitmix64's finaliser."""
    z ^= z >> 30
    z = z * 0xBF58476D1CE4E5B9 & MASK
    z ^= z >> 27
    z = z * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def tensor(name, *shape, seed=0):
    """The portable tensor of a name: values rounded to float, held in double."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 & MASK
    key = mix(key ^ seed * GOLDEN & MASK)
    count = math.prod(shape)
    u = np.array([mix((key + (i + 1) * GOLDEN) & MASK) >> 40 for i in range(count)], np.float64) / 2**24
    fan_in = math.prod(shape[1:])
    if name == "input":
        values = 4 * u - 2
    elif len(shape) in (3, 4):
        values = (2 * u - 1) * math.sqrt(6 / fan_in)
    elif len(shape) == 2:
        values = (2 * u - 1) * math.sqrt(3 / fan_in)
    elif name.endswith("running_mean"):
        values = 0.2 * (2 * u - 1)
    elif name.endswith("running_var"):
        values = 2 + 4 * u
    elif name.endswith(".weight"):
        values = 0.5 + u
    else:
        values = 0.2 * (2 * u - 1)
    return torch.from_numpy(values.astype(np.float32).astype(np.float64).reshape(shape))


class Small:
    """Two stages of residual blocks on a 13x13 image."""

    def __init__(self, option, bottleneck, stride_on, activation):
        self.option, self.bottleneck, self.stride_on, self.activation = option, bottleneck, stride_on, activation

    def act(self, x, prelu):
        functions = {
            "linear": lambda x: x,
            "relu": F.relu,
            "relu6": F.relu6,
            "leaky relu": F.leaky_relu,
            "leaky relu 0.1": lambda x: F.leaky_relu(x, 0.1),
            "elu": F.elu,
            "sigmoid": torch.sigmoid,
            "hardsigmoid": F.hardsigmoid,
            "tanh": torch.tanh,
            "silu": F.silu,
            "hardswish": F.hardswish,
            "gelu": F.gelu,
        }
        if self.activation == "prelu":
            return F.prelu(x, tensor(f"{prelu}.weight", x.shape[1]))
        return functions[self.activation](x)

    def conv(self, x, name, width, kernel, stride=1, bias=False, norm=None):
        weight = tensor(f"{name}.weight", width, x.shape[1], kernel, kernel)
        x = F.conv2d(x, weight, tensor(f"{name}.bias", width) if bias else None, stride, (kernel - 1) // 2)
        if norm:
            mean, var, gamma, beta = (
                tensor(f"{norm}.{part}", width) for part in ("running_mean", "running_var", "weight", "bias")
            )
            x = F.batch_norm(x, mean, var, gamma, beta, eps=1e-5)
        return x

    def shortcut(self, x, path, width, stride):
        changes = stride != 1 or x.shape[1] != width
        if self.option in ("A-end", "A-both"):
            added = width - x.shape[1]
            before = added // 2 if self.option == "A-both" else 0
            return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, before, added - before))
        if self.option == "C" or changes:
            norm = f"{path}.downsample.1" if self.bottleneck else None
            return self.conv(x, f"{path}.downsample.0", width, 1, stride, norm=norm)
        return x

    def block(self, x, path, width, stride):
        first, second = (stride, 1) if self.stride_on == "first" else (1, stride)
        if self.bottleneck:
            y = self.conv(x, f"{path}.conv1", width, 1, first, norm=f"{path}.bn1")
            y = self.act(y, f"{path}.prelu1")
            y = self.conv(y, f"{path}.conv2", width, 3, second, norm=f"{path}.bn2")
            y = self.act(y, f"{path}.prelu2")
            y = self.conv(y, f"{path}.conv3", 2 * width, 1, bias=True, norm=f"{path}.bn3")
        else:
            y = self.act(self.conv(x, f"{path}.conv1", width, 3, stride, norm=f"{path}.bn1"), f"{path}.prelu1")
            y = self.conv(y, f"{path}.conv2", width, 3)
        if self.option == "none":
            return self.act(y, f"{path}.prelu{3 if self.bottleneck else 2}")
        return self.act(y + self.shortcut(x, path, y.shape[1], stride), f"{path}.prelu")

    def logits(self):
        x = tensor("input", 3, 13, 13)[None]
        x = self.act(self.conv(x, "conv1", 4, 3, 2, norm="bn1"), "prelu1")
        x = F.max_pool2d(x, 2, 1)
        for stage, (width, stride) in enumerate([(5, 1), (8, 2)], 1):
            x = self.block(x, f"layer{stage}.0", width, stride)
            x = self.block(x, f"layer{stage}.1", width, 1)
        x = x.mean((2, 3))
        x = F.linear(x, tensor("fc1.weight", 6, x.shape[1]), tensor("fc1.bias", 6))
        x = self.act(x, "fc1_prelu")
        return F.linear(x, tensor("fc2.weight", 5, 6), tensor("fc2.bias", 5))


class Sequence(nn.Module):
    """Every kind of layer outside blocks, with the names that PyTorch gives to modules in a sequence."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(4, 5, (1, 5), padding=(0, 4), dilation=2, bias=False),
            nn.BatchNorm2d(5),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Conv2d(5, 6, 3, stride=2, padding=2),
            nn.BatchNorm2d(6),
            nn.PReLU(6),
            nn.AvgPool2d(3, 2, padding=1, ceil_mode=True, count_include_pad=False),
            nn.GELU(),
            nn.AvgPool2d(2, 1),
        )
        self.classifier = nn.Sequential(nn.Linear(24, 7), nn.Sigmoid(), nn.Dropout(), nn.Linear(7, 4))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))

    def logits(self):
        self.double().eval()
        state = {
            name: tensor(name, *value.shape) if value.dim() else value for name, value in self.state_dict().items()
        }
        self.load_state_dict(state)
        return self(tensor("input", 2, 15, 13)[None])


class Side(nn.Module):
    """Groups, a channel by itself, and branches, one of them empty."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(4, 8, 3, padding=1, groups=2, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, padding=1, groups=8, bias=False),
            nn.BatchNorm2d(16),
            nn.SiLU(),
            nn.Conv2d(16, 6, 1, bias=False),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Conv2d(16, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 6, (1, 3), padding=(0, 1), groups=2, bias=False),
            nn.BatchNorm2d(6),
            nn.MaxPool2d(3, 1, 1),
        )
        self.classifier = nn.Sequential(nn.Linear(44, 5))

    def forward(self, x):
        x = self.features[:6](x)
        branches = [self.features[6:9](x), self.features[9:14](x), self.features[14](x), x]
        return self.classifier(torch.cat(branches, 1).mean((2, 3)))

    def logits(self):
        return seeded(self)(tensor("input", 4, 9, 9)[None])


def seeded(net):
    """In double precision, with the tensors that the tests make."""
    net.double().eval()
    state = net.state_dict().items()
    net.load_state_dict({name: tensor(name, *value.shape) if value.dim() else value for name, value in state})
    return net


class Words:
    """What stands behind a block's bracket: MobileNetV2's bottlenecks, activations and shortcuts of their own."""

    conv = Small.conv

    def layers(self, x, path, layers, stride=1):
        """Kernels, widths and activations; the first 3x3 has the stride."""
        for number, (kernel, width, activation) in enumerate(layers, 1):
            step, stride = (stride, 1) if kernel > 1 else (1, stride)
            x = activation(self.conv(x, f"{path}.conv{number}", width, kernel, step, norm=f"{path}.bn{number}"))
        return x

    def logits(self):
        same = lambda x: x
        x = F.relu(self.conv(tensor("input", 3, 12, 12)[None], "conv1", 6, 3, norm="bn1"))
        bottleneck = [(1, 8, F.relu), (3, 8, F.relu), (1, 10, same)]
        x = self.layers(x, "layer1.0", bottleneck, 2)
        for index in (1, 2):
            x = x + self.layers(x, f"layer1.{index}", bottleneck)
        for index in (0, 1):
            x = F.silu(x + self.layers(x, f"layer2.{index}", [(3, 10, F.relu), (3, 10, same)]))
        y = self.layers(x, "layer3.0", [(3, 12, F.relu), (3, 12, same)], 2)
        x = F.leaky_relu(y + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 2)), 0.1)
        x = F.relu(x + self.layers(x, "layer4.0", [(3, 12, F.relu), (3, 12, same)]))
        x = F.relu(self.layers(x, "layer5.0", [(3, 7, F.relu), (3, 7, same)]))
        return F.linear(x.mean((2, 3)), tensor("fc.weight", 4, 7), tensor("fc.bias", 4))


class Squeezed:
    """Squeeze-and-excitation in a block and in a row, with the activations of SENet, EfficientNet and MobileNetV3."""

    conv = Small.conv

    def squeeze(self, x, path, width, inner=F.relu, gate=torch.sigmoid):
        y = x.mean((2, 3), keepdim=True)
        y = inner(self.conv(y, f"{path}.fc1", width, 1, bias=True))
        return gate(self.conv(y, f"{path}.fc2", x.shape[1], 1, bias=True)) * x

    def logits(self):
        x = F.relu(self.conv(tensor("input", 3, 10, 10)[None], "conv1", 8, 3, norm="bn1"))
        x = self.squeeze(x, "se", 2)
        for index, stride in enumerate([2, 1]):
            path = f"layer1.{index}"
            y = F.relu(self.conv(x, f"{path}.conv1", 6, 1, norm=f"{path}.bn1"))
            y = F.relu(self.conv(y, f"{path}.conv2", 6, 3, stride, norm=f"{path}.bn2"))
            y = self.squeeze(y, f"{path}.se", 3, F.silu, F.hardsigmoid)
            y = self.squeeze(self.conv(y, f"{path}.conv3", 12, 1, norm=f"{path}.bn3"), f"{path}.se2", 3)
            if index == 0:
                x = self.conv(x, f"{path}.downsample.0", 12, 1, stride, norm=f"{path}.downsample.1")
            x = F.relu(x + y)
        return F.linear(x.mean((2, 3)), tensor("fc.weight", 4, 12), tensor("fc.bias", 4))


class Attended:
    """ECA-Net's channel attention, timm's module, in a row, in blocks, twice in one, and of fewer channels than weights."""

    conv = Small.conv

    def attend(self, x, path, **options):
        from timm.layers import EcaModule

        module = EcaModule(**options).double()
        module.load_state_dict({"conv.weight": tensor(f"{path}.conv.weight", *module.conv.weight.shape)})
        return module(x)

    def logits(self):
        x = F.relu(self.conv(tensor("input", 3, 10, 10)[None], "conv1", 8, 3, norm="bn1"))
        x = self.attend(x, "se", channels=8)
        for index, stride in enumerate([2, 1]):
            path = f"layer1.{index}"
            y = F.relu(self.conv(x, f"{path}.conv1", 6, 1, norm=f"{path}.bn1"))
            y = F.relu(self.conv(y, f"{path}.conv2", 6, 3, stride, norm=f"{path}.bn2"))
            y = self.attend(y, f"{path}.se", kernel_size=13, gate_layer="hard_sigmoid")
            y = self.conv(y, f"{path}.conv3", 32, 1, norm=f"{path}.bn3")
            y = self.attend(y, f"{path}.se2", channels=32)
            if index == 0:
                x = self.conv(x, f"{path}.downsample.0", 32, 1, stride, norm=f"{path}.downsample.1")
            x = F.relu(x + y)
        return F.linear(x.mean((2, 3)), tensor("fc.weight", 4, 32), tensor("fc.bias", 4))


class Scaled(nn.Module):
    """Res2Net's blocks by timm's own module, behind what is torchvision's."""

    def logits(self):
        from timm.models.res2net import Bottle2neck

        def block(inputs, stride, projection):
            options = {"norm_layer": nn.BatchNorm2d, "act_layer": nn.ReLU, "base_width": 48, "scale": 4}
            return Bottle2neck(inputs, 4, stride, projection, **options)

        projection = nn.Sequential(nn.Conv2d(8, 16, 1, 2, bias=False), nn.BatchNorm2d(16))
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(block(8, 2, projection), block(16, 1, None), block(16, 1, None))
        self.fc = nn.Linear(16, 4)
        state = self.state_dict().items()
        self.load_state_dict({name: tensor(name, *value.shape) if value.dim() else value for name, value in state})
        self.double().eval()
        with torch.no_grad():
            x = self.layer1(F.relu(self.bn1(self.conv1(tensor("input", 3, 10, 10)[None]))))
            return self.fc(x.mean((2, 3)))


class Pre:
    """Norms and activations before convolutions: residual blocks of He et al. 2016, DenseNet's layers, a transition."""

    conv = Small.conv

    def norm(self, x, path):
        mean, var, gamma, beta = (
            tensor(f"{path}.{part}", x.shape[1]) for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, var, gamma, beta, eps=1e-5)

    def pre(self, x, path, number):
        return F.relu(self.norm(x, f"{path}.bn{number}"))

    def logits(self):
        x = F.relu(self.conv(tensor("input", 3, 12, 12)[None], "conv1", 6, 3, norm="bn1"))
        for path, width, stride in [("layer1.0", 6, 1), ("layer2.0", 8, 2), ("layer2.1", 8, 1)]:
            y = self.pre(x, path, 1)
            shortcut = self.conv(y, f"{path}.downsample.0", width, 1, stride) if x.shape[1] != width else x
            y = self.conv(y, f"{path}.conv1", width, 3, stride)
            x = shortcut + self.conv(self.pre(y, path, 2), f"{path}.conv2", width, 3)
        for path in ["layer3.0", "layer3.1"]:
            y = self.conv(self.pre(x, path, 1), f"{path}.conv1", 5, 1)
            x = torch.cat([x, self.conv(self.pre(y, path, 2), f"{path}.conv2", 4, 3)], 1)
        x = F.avg_pool2d(self.conv(F.relu(self.norm(x, "norm1")), "conv2", 10, 1), 2)
        x = F.silu(self.norm(x, "norm2")).mean((2, 3))
        return F.linear(x, tensor("fc.weight", 5, 10), tensor("fc.bias", 5))


class Pooled:
    """ResNet-D: an average pool before a projection that would have a stride, on an odd map."""

    conv = Small.conv

    def logits(self):
        x = F.relu(self.conv(tensor("input", 3, 11, 9)[None], "conv1", 6, 3, norm="bn1"))
        for path, width, stride in [("layer1.0", 8, 1), ("layer1.1", 8, 1), ("layer2.0", 12, 2), ("layer2.1", 12, 1)]:
            y = F.relu(self.conv(x, f"{path}.conv1", width, 3, stride, norm=f"{path}.bn1"))
            y = self.conv(y, f"{path}.conv2", width, 3, norm=f"{path}.bn2")
            if x.shape[1] != width:
                if stride > 1:
                    x = F.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)
                x = self.conv(x, f"{path}.downsample.1", width, 1, norm=f"{path}.downsample.2")
            x = F.relu(x + y)
        return F.linear(x.mean((2, 3)), tensor("fc.weight", 5, 12), tensor("fc.bias", 5))


class Responses:
    """Local response normalisation as AlexNet has it, of an even window, of one wider than all channels."""

    conv = Small.conv

    def logits(self):
        x = F.relu(self.conv(tensor("input", 3, 8, 8)[None], "features.0", 6, 3, norm="features.1"))
        x = F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=2)
        x = F.relu(self.conv(x, "features.4", 7, 1, norm="features.5"))
        x = F.local_response_norm(x, 4, alpha=3, beta=1.25, k=1)
        x = F.local_response_norm(x, 15, alpha=0.5, beta=0.5, k=0.25)
        return F.linear(x.mean((2, 3)), tensor("classifier.0.weight", 5, 7), tensor("classifier.0.bias", 5))


class Highway:
    """Gates in a sequence, and in a residual block, whose names are others."""

    conv = Small.conv

    def gate(self, x, path, kernel, function, norm=True, inner=""):
        width = x.shape[1]
        h = function(self.conv(x, f"{path}.conv", width, kernel, norm=f"{path}.bn" if norm else None))
        if not norm:
            h = function(F.conv2d(x, tensor(f"{path}.conv.weight", width, width, kernel, kernel),
                                  tensor(f"{path}.conv.bias", width), padding=kernel // 2))
        share = torch.sigmoid(F.conv2d(x, tensor(f"{path}.gate.weight", width, width, kernel, kernel),
                                       tensor(f"{path}.gate.bias", width), padding=kernel // 2))
        return share * h + (1 - share) * x

    def logits(self):
        x = F.relu(self.conv(tensor("input", 3, 8, 8)[None], "conv1", 6, 3, norm="bn1"))
        x = self.gate(self.gate(x, "layer1.0.gate1", 3, F.relu), "layer1.1.gate1", 3, F.relu)
        y = F.relu(self.conv(x, "layer2.0.conv1", 6, 3, norm="layer2.0.bn1"))
        y = self.gate(y, "layer2.0.gate1", 1, torch.tanh, norm=False)
        x = F.relu(x + self.conv(y, "layer2.0.conv2", 6, 3, norm="layer2.0.bn2"))
        return F.linear(x.mean((2, 3)), tensor("fc.weight", 5, 6), tensor("fc.bias", 5))


class Bins:
    """Pools to sizes, a spatial pyramid, the largest value of a map."""

    conv = Small.conv

    def logits(self):
        x = F.relu(self.conv(tensor("input", 3, 11, 9)[None], "features.0", 6, 3, norm="features.1"))
        x = F.adaptive_avg_pool2d(x, (7, 4))
        x = x * F.adaptive_max_pool2d(F.relu(self.conv(x, "features.3", 6, 3, norm="features.4")), 1)
        x = torch.cat([F.adaptive_max_pool2d(x, n).flatten(1) for n in (3, 2, 1)], 1)
        return F.linear(x, tensor("classifier.0.weight", 5, 84), tensor("classifier.0.bias", 5))


class Maxima:
    """Maxout of a map, of all its channels, of a fully connected layer."""

    conv = Small.conv

    def maxout(self, x, size):
        return x.view(1, x.shape[1] // size, size, *x.shape[2:]).max(2).values

    def logits(self):
        x = self.maxout(self.conv(tensor("input", 3, 8, 8)[None], "features.0", 12, 3, norm="features.1"), 3)
        # features.2 is the first maxout.
        x = F.relu(self.conv(x, "features.3", 8, 1, norm="features.4"))
        x = x * self.maxout(self.conv(x, "features.6", 5, 3, norm="features.7"), 5)
        x = self.maxout(F.linear(x.mean((2, 3)), tensor("classifier.0.weight", 8, 8), tensor("classifier.0.bias", 8)), 2)
        return F.linear(x, tensor("classifier.2.weight", 6, 4), tensor("classifier.2.bias", 6))


class FirstBlock(nn.Module):
    """Pre-activated blocks, the first of which follows a norm and its activation and has none of its own there."""

    def __init__(self):
        super().__init__()
        narrow, wide = [(1, 5), (3, 5), (1, 12)], [(1, 6), (3, 6), (1, 16)]
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        first = PreActivated(8, narrow, 1, strided=2, follows_norm=True)
        self.layer1 = nn.Sequential(first, PreActivated(12, narrow, 1, strided=2))
        self.layer2 = nn.Sequential(PreActivated(12, wide, 2, strided=2))
        self.norm1 = nn.BatchNorm2d(16)
        self.fc = nn.Linear(16, 5)

    def forward(self, x):
        x = self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x)))))
        return self.fc(F.relu(self.norm1(x)).mean((2, 3)))

    def logits(self):
        return seeded(self)(tensor("input", 3, 9, 9)[None])


class Shuffled:
    """Splits that pass, add and multiply, shuffles in a chain, of two groups and of three."""

    conv = Small.conv

    def shuffle(self, x, groups):
        return x.view(1, groups, x.shape[1] // groups, *x.shape[2:]).transpose(1, 2).flatten(1, 2)

    def logits(self):
        self.number = -1

        def conv(x, width, kernel):
            self.number += 3
            return self.conv(x, f"features.{self.number - 2}", width, kernel, norm=f"features.{self.number - 1}")

        x = F.relu(conv(tensor("input", 4, 8, 8)[None], 12, 3))
        for _ in range(3):
            a, b = x.chunk(2, 1)
            b = F.relu(conv(b, 6, 3))
            x = self.shuffle(torch.cat([a, b], 1), 2)
        x = self.shuffle(self.shuffle(x, 3), 4)
        a, b, c = x.chunk(3, 1)
        a = conv(a, 6, 1)
        self.number -= 1
        b = conv(b, 6, 1)
        self.number -= 1
        c = conv(c, 6, 3)
        self.number -= 1
        x = a + b + c
        a, b = x.chunk(2, 1)
        x = a * torch.sigmoid(conv(b, 3, 1))
        return F.linear(
            self.shuffle(x, 3).mean((2, 3)), tensor("classifier.0.weight", 5, 3), tensor("classifier.0.bias", 5)
        )


class Tapped:
    """Rows that are read by name, upsampled both ways; the head's outputs, then those of the row that is returned too."""

    conv = Small.conv

    def logits(self):
        a = F.relu(self.conv(tensor("input", 3, 8, 6)[None], "features.0", 6, 3, norm="features.1"))
        b = F.relu(self.conv(a, "features.3", 5, 3, 2, norm="features.4"))
        # features.6 and .10 upsample.
        c = torch.cat([a, F.interpolate(b, scale_factor=2, mode="bilinear", align_corners=False)], 1)
        c = F.relu(self.conv(c, "features.7", 4, 1, norm="features.8"))
        d = F.relu(self.conv(F.interpolate(c, scale_factor=3, mode="nearest"), "features.11", 4, 3, norm="features.12"))
        x = torch.cat([b.mean((2, 3)), d.mean((2, 3))], 1)
        x = F.linear(x, tensor("classifier.0.weight", 7, 9), tensor("classifier.0.bias", 7))
        return torch.cat([x, c.flatten(1)], 1)


class Norms:
    """Group and layer norms behind convolutions and by themselves, standardised weights, factors before a sum."""

    def norm(self, x, path, groups, eps=1e-5):
        weight, bias = tensor(f"{path}.weight", x.shape[1]), tensor(f"{path}.bias", x.shape[1])
        if groups:
            return F.group_norm(x, groups, weight, bias, eps)
        return F.layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2], weight, bias, eps).permute(0, 3, 1, 2)

    def conv(self, x, path, width, kernel, eps=None, bias=False, stride=1):
        w = tensor(f"{path}.weight", width, x.shape[1], kernel, kernel)
        if eps:
            mean, var = w.mean((1, 2, 3), keepdim=True), w.var((1, 2, 3), keepdim=True, correction=0)
            w = (w - mean) / torch.sqrt(var + eps)
        return F.conv2d(x, w, tensor(f"{path}.bias", width) if bias else None, stride, kernel // 2)

    def logits(self):
        x = self.conv(tensor("input", 3, 8, 8)[None], "conv1", 6, 3, 1e-6)
        x = F.max_pool2d(F.pad(self.norm(x, "bn1", 3), (1, 1, 1, 1)), 3, 2)
        x = F.gelu(self.norm(self.conv(x, "conv2", 6, 1, bias=True), "bn2", 0, 1e-3))
        y = F.relu(self.norm(self.conv(x, "layer1.0.conv1", 8, 3, 1e-6), "layer1.0.bn1", 2))
        y = self.conv(y, "layer1.0.conv2", 6, 1, 1e-6, bias=True) * tensor("layer1.0.layer_scale", 6)[:, None, None]
        x = torch.sigmoid(self.norm((x + y).mean((2, 3), keepdim=True), "norm1", 3)).flatten(1)
        return F.linear(x, tensor("fc.weight", 5, 6), tensor("fc.bias", 5))


class PreNorms(Norms):
    """Group norms before standardised convolutions, as in BiT, with a projection."""

    def logits(self):
        x = self.conv(tensor("input", 3, 12, 12)[None], "conv1", 6, 3, 1e-4)
        for path, width, stride in [("layer1.0", 6, 1), ("layer2.0", 8, 2)]:
            y = F.relu(self.norm(x, f"{path}.bn1", 2))
            shortcut = self.conv(y, f"{path}.downsample.0", width, 1, 1e-4, stride=stride) if stride > 1 else x
            y = F.relu(self.norm(self.conv(y, f"{path}.conv1", width, 3, 1e-4, stride=stride), f"{path}.bn2", 2))
            x = shortcut + self.conv(y, f"{path}.conv2", width, 3, 1e-4)
        x = F.relu(self.norm(x, "norm1", 2)).mean((2, 3))
        return F.linear(x, tensor("fc.weight", 5, 8), tensor("fc.bias", 5))


class Placed:
    """TensorFlow's padding and padding that differs from side to side, steps that differ, zeros that count."""

    def conv(self, x, name, width, kernel, sides, stride=1):
        weight = tensor(f"features.{name}.weight", width, x.shape[1], *kernel)
        x = F.conv2d(F.pad(x, sides), weight, None, stride)
        parts = ("running_mean", "running_var", "weight", "bias")
        mean, var, gamma, beta = (tensor(f"features.{name + 1}.{part}", width) for part in parts)
        return F.relu(F.batch_norm(x, mean, var, gamma, beta, eps=1e-5))

    def logits(self):
        # F.pad takes left, right, top, bottom.
        x = self.conv(tensor("input", 3, 9, 8)[None], 0, 6, (3, 3), (0, 1, 1, 1), 2)
        x = F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=-math.inf), 3, (2, 1))
        x = self.conv(x, 4, 5, (2, 3), (1, 0, 0, 1))
        x = F.avg_pool2d(F.pad(x, (0, 1, 1, 0)), 3, 1)
        return F.linear(x.mean((2, 3)), tensor("classifier.0.weight", 4, 5), tensor("classifier.0.bias", 4))


class Joined(nn.Module):
    """Branches that are added and multiplied: four, two of one shape, a factor for each channel, one for each pixel."""

    def __init__(self):
        super().__init__()

        def conv(inputs, width, kernel, *rest):
            padding = tuple(side // 2 for side in kernel)
            return [nn.Conv2d(inputs, width, kernel, padding=padding, bias=False), nn.BatchNorm2d(width), *rest]

        self.features = nn.Sequential(
            *conv(4, 8, (3, 3), nn.ReLU()),
            *conv(8, 8, (3, 3)), *conv(8, 8, (1, 1)), *conv(8, 8, (1, 3)), nn.ReLU(),
            *conv(8, 6, (1, 1)), *conv(8, 6, (1, 1), nn.Sigmoid()), nn.SiLU(),
            nn.Conv2d(6, 6, 1), nn.Sigmoid(),
            *conv(6, 1, (3, 3), nn.Sigmoid()), *conv(6, 1, (3, 3), nn.Sigmoid()),
            *conv(6, 5, (1, 1)), *conv(6, 5, (3, 3)), nn.PReLU(5),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Linear(5, 7))

    def forward(self, x):
        part = self.features
        x = part[:3](x)
        x = part[9](part[3:5](x) + part[5:7](x) + x + part[7:9](x))
        x = part[15](part[10:12](x) * part[12:15](x))
        x = part[16:18](x.mean((2, 3), keepdim=True)) * x
        x = x * part[18:21](x)
        x = x * part[21:24](x)
        x = part[28](part[24:26](x) + part[26:28](x))
        return self.classifier(x.mean((2, 3)))

    def logits(self):
        return seeded(self)(tensor("input", 4, 9, 9)[None])


def seeded(net):
    """In double precision, with the tensors that the tests make."""
    net.double().eval()
    state = net.state_dict().items()
    net.load_state_dict({name: tensor(name, *value.shape) if value.dim() else value for name, value in state})
    return net


def main():
    lines = []

    def add(name, logits):
        lines.append(f"{name}: " + " ".join(repr(float(value)) for value in logits[0].detach()))

    for option in ["A-end", "A-both", "B", "C", "none"]:
        for kind in ["basic", "bottleneck"]:
            for stride_on in ["first", "on3x3"]:
                add(f"{option} {kind} {stride_on} relu", Small(option, kind == "bottleneck", stride_on, "relu").logits())
    for activation in [
        "linear", "relu6", "prelu", "leaky relu", "leaky relu 0.1", "elu", "sigmoid", "hardsigmoid", "tanh", "silu",
        "hardswish", "gelu",
    ]:  # fmt: skip
        add(f"B bottleneck on3x3 {activation}", Small("B", True, "on3x3", activation).logits())
        add(f"none basic on3x3 {activation}", Small("none", False, "on3x3", activation).logits())
    add("sequence", Sequence().logits())
    add("side", Side().logits())
    add("joined", Joined().logits())
    add("pooled", Pooled().logits())
    add("pre", Pre().logits())
    add("squeezed", Squeezed().logits())
    add("attended", Attended().logits())
    add("scaled", Scaled().logits())
    add("words", Words().logits())
    add("responses", Responses().logits())
    add("maxima", Maxima().logits())
    add("bins", Bins().logits())
    add("shuffled", Shuffled().logits())
    add("placed", Placed().logits())
    add("highway", Highway().logits())
    add("first", FirstBlock().logits())
    add("tapped", Tapped().logits())
    add("norms", Norms().logits())
    add("prenorms", PreNorms().logits())
    OUTPUT.write_text("\n".join(lines) + "\n")
    print(len(lines), "networks")


main()
