"""Holds `resnetc export pytorch` against the networks as others define them: each of known_models.py and of torture_nets.py.
What is exported takes the other's state dict under the same names, gives its values in double precision, and trains.

    python scripts/check_pytorch.py                      all of them
    python scripts/check_pytorch.py resnet18 norms ...   these

Needs what check_onnx.py needs, of which it takes the list of networks.
"""

import subprocess
import sys
from pathlib import Path

import torch

import known_models
import lived_in
import portable_random
from check_onnx import RESNETC, SEED, each

LIMIT = 1e-12


def exported(source: Path, options: list[str], path: Path) -> torch.nn.Module:
    subprocess.run([RESNETC, "export", "pytorch", source, "-q", "-o", path, *options], check=True)
    scope: dict = {"__name__": "exported"}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    # The last class is the network.
    return [value for value in scope.values() if isinstance(value, type) and value.__module__ == "exported"][-1]()


def values(net: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        output = net.double().eval()(images.double())
    parts = output.values() if isinstance(output, dict) else [output]
    return torch.cat([part.reshape(len(images), -1) for part in parts], 1)


def train(net: torch.nn.Module, images: torch.Tensor) -> None:
    """Every parameter gets a gradient, and a step changes what comes out."""
    net = net.float().train()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    output = net(images)
    sum(part.square().mean() for part in (output.values() if isinstance(output, dict) else [output])).backward()
    assert all(parameter.grad is not None for parameter in net.parameters()), "a parameter without a gradient"
    optimizer.step()


def check(name, build, source: Path, options: list[str], folder: Path) -> float:
    """How far the values are off."""
    net, shape = build()
    portable_random.fill(net, SEED, known_models.rn_shape)
    lived_in.live(net, shape, SEED)
    images = torch.from_numpy(portable_random.values("input", (3, *shape), SEED)).float()
    expected = lived_in.answer(net, images)
    expected = expected.reshape(len(images), -1).double()
    path = folder / "network.py"
    ours = exported(source, options, path)
    own = ours.state_dict()
    state = {key: value.reshape(own[key].shape) for key, value in net.state_dict().items()}
    ours.load_state_dict(state, strict=True)
    actual = values(ours, images)
    error = float((actual - expected).abs().max() / expected.abs().max())
    train(ours, images)
    return error


if __name__ == "__main__":
    each(sys.argv[1:], LIMIT, check)
