"""The portable generator of seeded weights: any program can rebuild a tensor from its name, its shape and a seed.

Makes Tests/Fixtures/portable_random.json, the golden values that the Swift generator is tested against:

    python scripts/portable_random.py

The definition. All integers are 64 bits, unsigned, and wrap.

    mix(z)     z ^= z >> 30; z *= 0xBF58476D1CE4E5B9; z ^= z >> 27; z *= 0x94D049BB133111EB; z ^= z >> 31
    key        mix(fnv1a64(UTF-8 bytes of the name) ^ (seed * 0x9E3779B97F4A7C15))
    u[i]       (mix(key + (i + 1) * 0x9E3779B97F4A7C15) >> 40) / 2^24, for element i in row-major order, in [0, 1)

A tensor's values follow from u by its name and rank (see `values`), in float64, and are then rounded to float32.
"""

import json
import math
from pathlib import Path

import numpy

GOLDEN_RATIO = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"


def fnv1a64(name: str) -> int:
    """FNV-1a of the name's UTF-8 bytes."""
    return fnv1a64_bytes(name.encode("utf-8"))


def fnv1a64_bytes(data: bytes) -> int:
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = ((digest ^ byte) * 0x100000001B3) & MASK
    return digest


def mix(z: numpy.ndarray) -> numpy.ndarray:
    """The finaliser of splitmix64, element by element. Arrays of uint64 wrap without a warning."""
    z = z ^ (z >> numpy.uint64(30))
    z = z * numpy.uint64(0xBF58476D1CE4E5B9)
    z = z ^ (z >> numpy.uint64(27))
    z = z * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def key(name: str, seed: int) -> int:
    """Where the stream of a name starts."""
    start = fnv1a64(name) ^ (seed * GOLDEN_RATIO & MASK)
    return int(mix(numpy.array([start], dtype=numpy.uint64))[0])


def uniform(name: str, count: int, seed: int) -> numpy.ndarray:
    """The first `count` numbers of a name's stream, float64 in [0, 1). 24 bits each, so float32 holds them exactly."""
    steps = numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(GOLDEN_RATIO)
    bits = mix(steps + numpy.uint64(key(name, seed))) >> numpy.uint64(40)
    return bits.astype(numpy.float64) / 2.0**24


def values(name: str, shape: tuple[int, ...], seed: int) -> numpy.ndarray:
    """The tensor of this name and shape, float32. The first rule that fits decides."""
    u = uniform(name, math.prod(shape), seed)
    if name == "input":
        x = 4 * u - 2
    elif len(shape) in (3, 4):  # convolution [O, I/groups, kh, kw], [1, 1, k]: the variance that keeps a signal through ReLU
        x = (2 * u - 1) * math.sqrt(6 / math.prod(shape[1:]))
    elif len(shape) == 2:  # fully connected [out, in]
        x = (2 * u - 1) * math.sqrt(3 / shape[1])
    elif len(shape) != 1:
        raise ValueError(f"no rule for tensor {name} of shape {list(shape)}")
    elif name.endswith("running_mean"):
        x = 0.2 * (2 * u - 1)
    elif name.endswith("running_var"):
        x = 2 + 4 * u
    elif name.endswith(".weight"):  # batch norm's scale, PReLU's slope
        x = 0.5 + u
    elif name.endswith((".bias", ".layer_scale")):
        x = 0.2 * (2 * u - 1)
    else:
        raise ValueError(f"no rule for tensor {name} of shape {list(shape)}")
    return x.astype(numpy.float32).reshape(shape)


def fill(module, seed: int, shape=lambda name, shape: shape) -> None:
    """Gives a PyTorch module its seeded weights and statistics, under the names of its state_dict. `shape` gives a tensor's
    shape as a `.rn` file has it, where dimensions of 1 at its end differ."""
    import torch

    for name, tensor in module.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            seeded = values(name, shape(name, tuple(tensor.shape)), seed)
            tensor.copy_(torch.from_numpy(seeded.reshape(tensor.shape)))


GOLDEN = [
    ("input", (2, 3, 32, 32), 1),
    ("conv1.weight", (64, 3, 7, 7), 1),
    ("layer4.0.downsample.0.weight", (512, 256, 1, 1), 1),
    ("fc.weight", (1000, 512), 1),
    ("fc.bias", (1000,), 1),
    ("bn1.weight", (64,), 1),
    ("bn1.bias", (64,), 1),
    ("bn1.running_mean", (64,), 1),
    ("bn1.running_var", (64,), 1),
    ("conv1.weight", (64, 3, 7, 7), 2),
    ("conv1.weight", (64, 3, 7, 7), 0),
    ("conv1.weight", (64, 3, 7, 7), MASK),
    ("layer1.0.se.conv.weight", (1, 1, 5), 1),
    ("größe.weight", (5,), 3),  # a name that is not ASCII: the hash is of UTF-8 bytes
]


def golden(name: str, shape: tuple[int, ...], seed: int) -> dict:
    tensor = values(name, shape, seed).reshape(-1)
    return {
        "name": name,
        "shape": list(shape),
        "seed": str(seed),  # as text: JSON numbers end at 2^53 for many readers
        "hash": f"{fnv1a64(name):016x}",
        "key": f"{key(name, seed):016x}",
        "first_bits": [f"{int(x):08x}" for x in tensor[:4].view(numpy.uint32)],
        "first": [float(x) for x in tensor[:4]],
        "last_bits": f"{int(tensor[-1:].view(numpy.uint32)[0]):08x}",
        "sum": float(tensor.astype(numpy.float64).sum()),
    }


def main() -> None:
    entries = [golden(*case) for case in GOLDEN]
    for entry in entries:
        print(entry["name"], entry["seed"], entry["key"], entry["first"])
    rows = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in entries)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    (FIXTURES / "portable_random.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
