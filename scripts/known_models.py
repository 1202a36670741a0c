"""The networks that models/ has of others, as they define them. A module of the other scripts.

    net, shape = known_models.build("resnext50_32x4d")   a module in evaluation mode, and the shape of an image
"""

import sys

from torch import nn

import paper_networks
import paper_sequences

TORCHVISION = [
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg16", "vgg19", "vgg19_bn",
    "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2",
    "alexnet", "squeezenet1_1", "googlenet", "densenet121", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0",
    "inception_v3", "shufflenet_v2_x1_0", "convnext_tiny", "regnet_y_400mf",
]  # fmt: skip
TIMM = [
    "seresnet50", "resnet50d", "ecaresnet50d", "res2net50_26w_4s", "resnetv2_50", "resnetv2_50x1_bit", "tf_efficientnet_b0",
]  # fmt: skip
# Of these only names are held, against a source that renames.
RENAMED = ["legacy_seresnet50"]
# With the heads that only training uses, whose names are held alone.
AUXILIARY = ["googlenet_aux", "bvlc_googlenet_aux", "inception_v3_aux", "dsn_cifar10_aux"]
PAPERS = {
    "bvlc_googlenet": (paper_networks.GoogLeNet, (3, 224, 224)),
    "lenet5": (paper_networks.LeNet5, (1, 32, 32)),
    "preresnet164": (lambda: paper_networks.PreResNet(18, [(1, 16), (3, 16), (1, 64)]), (3, 32, 32)),
    "preresnet200": (paper_networks.PreResNet200, (3, 224, 224)),
    "bn_inception": (paper_networks.BNInception, (3, 224, 224)),
    "wrn_28_10": (lambda: paper_networks.PreResNet(4, [(3, 160), (3, 160)]), (3, 32, 32)),
    "prelu_net/A": (lambda: paper_sequences.prelu_net((256, 512, 512), 5), (3, 224, 224)),
    "prelu_net/B": (lambda: paper_sequences.prelu_net((256, 512, 512), 6), (3, 224, 224)),
    "prelu_net/C": (lambda: paper_sequences.prelu_net((384, 768, 896), 6), (3, 224, 224)),
    "nin_cifar10": (paper_sequences.nin_cifar10, (3, 32, 32)),
    "nin_imagenet": (paper_sequences.nin_imagenet, (3, 224, 224)),
    "dsn_cifar10": (lambda: paper_sequences.nin_cifar10(last=False), (3, 32, 32)),
    "maxout_cifar10": (paper_sequences.maxout_cifar10, (3, 32, 32)),
    "fitnet19": (paper_sequences.fitnet19, (3, 32, 32)),
    "highway19": (paper_sequences.highway19, (3, 32, 32)),
    "highway32": (paper_sequences.highway32, (3, 32, 32)),
}
NAMES = [*TORCHVISION, *TIMM, *PAPERS]
# Without the heads that only training uses.
NO_HEADS = {"aux_logits": False, "init_weights": False}
OPTIONS = {"googlenet": NO_HEADS, "inception_v3": NO_HEADS}
SHAPES = {"inception_v3": (3, 299, 299)}


def torchvision():
    """Torchvision's networks need none of its compiled operators, but importing it does: where those are missing,
    two are declared (and never called)."""
    try:
        import torchvision as package
    except RuntimeError:
        import torch

        for module in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[module]
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        torchvision.library = library  # declarations live as long as the object that made them
        import torchvision as package
    return package


def rn_shape(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that a `.rn` file gives a tensor: ConvNeXt's linear layers are 1x1 convolutions there, its factors a list,
    and the classifier of timm's ResNetV2 is a fully connected layer."""
    if name.endswith(".layer_scale"):
        return shape[:1]
    if name.endswith((".block.3.weight", ".block.5.weight")) and len(shape) == 2:
        return (*shape, 1, 1)
    return shape[:2] if name == "head.fc.weight" else shape


def build(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    if name == "bvlc_googlenet_aux":
        return paper_networks.GoogLeNet(aux_heads=True).eval(), (3, 224, 224)
    if name == "dsn_cifar10_aux":
        return paper_sequences.deeply_supervised().eval(), (3, 32, 32)
    if name in ("googlenet_aux", "inception_v3_aux"):
        name = name.removesuffix("_aux")
        net = getattr(torchvision().models, name)(weights=None, aux_logits=True, init_weights=False)
        return net.eval(), SHAPES.get(name, (3, 224, 224))
    if name in PAPERS:
        make, shape = PAPERS[name]
        return make().eval(), shape
    if name in TIMM + RENAMED:
        import timm

        return timm.create_model(name).eval(), (3, 224, 224)
    net = getattr(torchvision().models, name)(weights=None, **OPTIONS.get(name, {}))
    return net.eval(), SHAPES.get(name, (3, 224, 224))
