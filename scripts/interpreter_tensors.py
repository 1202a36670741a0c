"""Tensors that Swift and Python make alike, from a name and a seed. A module of interpreter_fixture.py."""

import math

import numpy as np
import torch

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


def seeded(net):
    """In double precision, with the tensors that the tests make."""
    net.double().eval()
    state = net.state_dict().items()
    net.load_state_dict({name: tensor(name, *value.shape) if value.dim() else value for name, value in state})
    return net
