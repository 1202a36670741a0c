"""Holds `resnetc export onnx` against ONNX's own checker, ONNX Runtime and PyTorch: each network of known_models.py and of
torture_nets.py with seeded weights and lived-in statistics, exported for a batch of two or three and for any batch.

    python scripts/check_onnx.py                      all of them, some ten minutes
    python scripts/check_onnx.py resnet18 norms ...   these
    python scripts/check_onnx.py --record             and, of those that agree, the sums that the tests hold files against

Needs onnx and onnxruntime besides requirements.txt, and a release build of resnetc.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from safetensors.torch import save_file

import known_models
import lived_in
import portable_random
import torture_nets
from cifar_resnet import CifarResNet

ROOT = Path(__file__).resolve().parent.parent
RESNETC = Path(os.environ.get("RESNETC", ROOT / ".build" / "release" / "resnetc"))
SUMS = ROOT / "Tests" / "CompilerTests" / "Fixtures" / "onnx.txt"
SEED = 1
# Of the largest value, in 32-bit floats.
LIMIT = 1e-4


def networks():
    """Names, and what makes the module, the shape of an image, the source and its options."""
    for name in known_models.NAMES:
        stem, _, variant = name.partition("/")
        options = ["--variant", variant] if variant else []
        yield name, lambda name=name: known_models.build(name), ROOT / "models" / f"{stem}.rn", options
    for n in (3, 9):
        yield f"cifar{6 * n + 2}", lambda n=n: (CifarResNet(n), (3, 32, 32)), ROOT / "models/cifar.rn", ["--set", f"n={n}"]
    for name, (shape, build, _) in torture_nets.NETWORKS.items():
        source = ROOT / "Tests" / "Fixtures" / "torture" / f"{name}.rn"
        yield name, lambda build=build, shape=shape: (build(), shape), source, []


def export(source: Path, weights: Path, batch: str, options: list[str], path: Path) -> None:
    words = [RESNETC, "export", "onnx", source, "--weights", weights, "--batch", batch, "-q", "-o", path, *options]
    subprocess.run(words, check=True)


def run(path: Path, images: torch.Tensor) -> numpy.ndarray:
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: images.numpy()})
    return numpy.concatenate([output.reshape(len(images), -1) for output in outputs], axis=1)


def check(name, build, source: Path, options: list[str], folder: Path) -> tuple[float, int]:
    """How far the logits are off, and the FNV-1a of the graph without weights."""
    net, shape = build()
    portable_random.fill(net, SEED, known_models.rn_shape)
    lived_in.live(net, shape, SEED)
    images = torch.from_numpy(portable_random.values("input", (3, *shape), SEED)).float()
    expected = lived_in.answer(net, images).numpy()
    expected = expected.reshape(len(images), -1)
    weights = folder / "weights.safetensors"
    tensors = {
        key: value.float().reshape(known_models.rn_shape(key, tuple(value.shape))).contiguous()
        for key, value in net.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    save_file(tensors, weights)
    worst = 0.0
    for batch in ("3", "dynamic"):
        path = folder / f"{batch}.onnx"
        export(source, weights, batch, options, path)
        actual = run(path, images)
        assert actual.shape == expected.shape, f"{name}: {actual.shape} for {expected.shape}"
        worst = max(worst, float(numpy.abs(actual - expected).max() / numpy.abs(expected).max()))
    structure = folder / "structure.onnx"
    subprocess.run([RESNETC, "export", "onnx", source, "-q", "-o", structure, *options], check=True)
    onnx.checker.check_model(str(structure), full_check=True)
    # Whatever stands before it, such as the version that wrote it.
    size = onnx.load(structure).graph.ByteSize()
    return worst, portable_random.fnv1a64_bytes(structure.read_bytes()[-size:])


def record(network: str, total: int) -> None:
    lines = SUMS.read_text().splitlines(keepends=True) if SUMS.exists() else []
    sums = {line.rpartition(" ")[0]: line for line in [*lines, f"{network} {total:016x}\n"]}
    SUMS.write_text("".join(sorted(sums.values())))


def each(words: list[str], limit: float, check) -> None:
    """Calls `check(name, build, source, options, folder)`, which gives how far the values are off, for each network that
    `words` name, or all; ends with an error where one is further off than `limit`, or fails."""
    torch.set_num_threads(1)
    failed = False
    for name, build, source, options in networks():
        if words and name not in words:
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                error = check(name, build, source, options, Path(folder))
            except Exception as problem:
                print(f"{name}: {str(problem)[:600]}", flush=True)
                failed = True
                continue
        print(f"{name}: within {error:.1e} of PyTorch", flush=True)
        failed = failed or error > limit
    if failed:
        sys.exit("error: not all agree")


def main() -> None:
    def checked(name, build, source: Path, options: list[str], folder: Path) -> float:
        error, total = check(name, build, source, options, folder)
        if error <= LIMIT and "--record" in sys.argv:
            record(f"{source.relative_to(ROOT)} {' '.join(options)}".strip(), total)
        return error

    each([word for word in sys.argv[1:] if word != "--record"], LIMIT, checked)


if __name__ == "__main__":
    main()
