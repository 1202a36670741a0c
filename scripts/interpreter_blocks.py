"""Small networks of blocks and of branches, as interpreter_fixture.py computes them: shortcuts, words, gates, factors."""

import torch
import torch.nn.functional as F
from torch import nn

from interpreter_tensors import seeded, tensor


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
