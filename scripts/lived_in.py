"""Lived-in batch norm: running statistics of real activations, as a trained network has. A module of the other scripts.

Statistics out of a generator fit no activations: signals then fade or grow from layer to layer, until logits say
nothing about the first layers. So the seeded network looks at a few seeded pictures and keeps what it saw.
"""

import math

import torch
from torch import nn
from torch.nn import functional

import portable_random


# How strong the grain is beside the fields. Without it the white noise of tensor "input" is unlike anything that the
# norms have seen, and grows: ResNet-152's largest logit was 1,712, and 281 with it. Stronger grain gives smaller logits
# yet, but lets rounding errors grow too (ResNet-101: 1e-6 of the largest logit at 0.7, 7e-5 at 2).
GRAIN = 0.7


def numbers(name: str, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    """Uniform, of mean 0 and variance 1."""
    u = portable_random.uniform(name, math.prod(shape), seed)
    return torch.from_numpy((u - 0.5) * math.sqrt(12)).reshape(shape)


def pictures(batch: int, count: int, shape: tuple[int, int, int], seed: int) -> torch.Tensor:
    """Random fields with grain, [count, C, H, W], float64, of about the variance of tensor "input", 4/3. The fields
    are grids of 2, 4, 8, ... numbers a side, enlarged smoothly and added, coarse ones strongest, as in photographs."""
    channels, height, width = shape
    fields = torch.zeros(count, *shape, dtype=torch.float64)
    power, side, octave = 0.0, 2, 0
    while side <= max(height, width):
        grid = numbers(f"pictures.{batch}.{octave}", (count, channels, side, side), seed)
        weight = 0.8**octave
        fields += weight * functional.interpolate(grid, (height, width), mode="bicubic", align_corners=True)
        power += weight**2
        side, octave = side * 2, octave + 1
    grain = numbers(f"pictures.{batch}.grain", (count, *shape), seed)
    return (fields / math.sqrt(power) + GRAIN * grain) * math.sqrt(4 / 3 / (1 + GRAIN**2))


def live(net: nn.Module, shape: tuple[int, int, int], seed: int, batches: int = 3, count: int = 4) -> dict:
    """Runs the pictures through the float64 network with its batch norms in training mode, rounds the averages of
    what they saw to BF16 (to nearest even), loads them back, and returns them by name."""
    net.double().eval()
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return {}
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average of all batches
        norm.train()
    with torch.no_grad():
        for batch in range(batches):
            net(pictures(batch, count, shape, seed))
    net.eval()
    statistics = {
        name: tensor.to(torch.bfloat16)
        for name, tensor in net.state_dict().items()
        if name.endswith(("running_mean", "running_var"))
    }
    net.load_state_dict(statistics, strict=False)
    return statistics


def answer(net: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Logits in float64. Says how large they are, how much they owe to the image, and what float32 makes of them."""
    with torch.no_grad():
        logits = net.double()(images.double())
        single = net.float()(images)
        net.double()
    largest = logits.abs().max()
    if not torch.isfinite(logits).all() or largest > 1e4:
        raise ValueError(f"largest logit {float(largest)}")
    spread = (logits - logits.mean(dim=0)).abs().max() / largest
    error = (single - logits).abs().max() / largest
    print(
        f"largest logit {float(largest):.3f}; as parts of it: differences between images {float(spread):.1e}, "
        f"error of float32 {float(error):.1e}",
        flush=True,
    )
    return logits
