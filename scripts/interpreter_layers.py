"""Small networks around one kind of layer each, as interpreter_fixture.py computes them."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from interpreter_blocks import Small
from interpreter_tensors import seeded, tensor
from paper_networks import PreActivated


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
