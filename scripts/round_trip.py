"""The circle: a source becomes a module of PyTorch, which is trained a few steps and saved; the checkpoint is looked at, goes
into a package, and the package's command gives the module's logits. Also what `resnetc decompile` makes of the checkpoint says
what the source says.

    python scripts/round_trip.py [SOURCE.rn [OPTIONS ...]]     models/cifar.rn by default, which takes some minutes to build

Needs PyTorch and NumPy, and a build of resnetc (RESNETC says which).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch

ROOT = Path(__file__).resolve().parent.parent
RESNETC = Path(os.environ.get("RESNETC", ROOT / ".build" / "release" / "resnetc"))
STEPS = 3
# Of the largest logit, in 32-bit floats.
LIMIT = 1e-4


def run(*words: object, folder: Path) -> str:
    result = subprocess.run([str(word) for word in words], cwd=folder, text=True, capture_output=True)
    if result.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{result.stdout}{result.stderr}")
    return result.stdout


def main() -> None:
    torch.manual_seed(5)
    source = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "models" / "cifar.rn").resolve()
    options = sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(run(RESNETC, "export", "pytorch", source, "-o", "network.py", *options, folder=folder), end="")
        scope: dict = {"__name__": "network"}
        exec(compile((folder / "network.py").read_text(), "network.py", "exec"), scope)
        kind = [value for value in scope.values() if isinstance(value, type) and value.__module__ == "network"][-1]
        net = kind()
        shape = [int(word) for word in kind.__doc__.split("batch, ")[1].split("]")[0].split(", ")]

        net.train()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
        for step in range(STEPS):
            images = torch.randn(4, *shape)
            logits = net(images)
            loss = torch.nn.functional.cross_entropy(logits, torch.randint(logits.shape[1], (4,)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            print(f"step {step + 1}: loss {loss.item():.3f}")
        net.eval()
        torch.save({"state_dict": net.state_dict(), "epoch": STEPS}, folder / "trained.pth")

        print(run(RESNETC, "weights", source, "trained.pth", *options, folder=folder), end="")
        run(RESNETC, "decompile", "trained.pth", "-o", "again.rn", folder=folder)
        pick = "".join(f":{word}" for word in options if not word.startswith("--"))
        diff = run(RESNETC, "diff", f"{source}{pick}", "again.rn", folder=folder)
        print("decompile: " + diff.splitlines()[0])
        run(RESNETC, source, "--weights", "trained.pth", "-o", "Package", "--isa", "portable", *options, folder=folder)
        run("swift", "build", "-c", "release", folder=folder / "Package")
        command = next((folder / "Package/.build/release").glob(kind.__name__.lower()))
        images = torch.randn(2, *shape)
        images.numpy().astype("<f4").tofile(folder / "in.f32")
        # No word of the weights: they stand in the package.
        print(run(command, "logits", "--input", "in.f32", "--output", "out.f32", folder=folder), end="")
        with torch.no_grad():
            expected = net.double()(images.double()).numpy()
        actual = numpy.fromfile(folder / "out.f32", "<f4").reshape(expected.shape)
        error = float(numpy.abs(actual - expected).max() / numpy.abs(expected).max())
        print(f"the package is within {error:.1e} of PyTorch")
        if error > LIMIT:
            sys.exit("error: not the same logits")


if __name__ == "__main__":
    main()
