"""What float16 and int8 cost trained networks: the accuracy of each number type on test images that no training saw.

    python scripts/precision_losses.py digits --resnetc resnetc --work DIR     ResNet-20 of models/digits20.safetensors
    python scripts/precision_losses.py fashion --resnetc resnetc --work DIR    ResNet-20 on Fashion-MNIST, trained here

Fashion-MNIST (60,000 + 10,000 grey images of 28x28, MIT) is read from the files of Debian's `dataset-fashion-mnist`
(`--data`). The recipe was fixed beforehand and its last epoch is kept: 7 minutes on one thread of a Zen 5 core. The
weights stay in DIR, and a second run begins with them.

What is measured is what a user would do: `resnetc` makes a package, `swift build` builds it, `quantize` takes 300
images (of the training set; of the digits, whose fixture has no others, of the test set), `pack` makes halves, and
`evaluate` of each type reads the same files. Printed are the images that each type gets right, the ones whose class is
float32's, and the largest difference of a logit as a part of the largest logit.

With `--half-arithmetic`, on a processor with AVX-512, also arithmetic in half precision (AVX512-FP16), in C by a double of
its words, which computes in single precision and rounds: what such a processor would answer.
"""

import argparse
import gzip
import shutil
import subprocess
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from cifar_resnet import CifarResNet

ROOT = Path(__file__).resolve().parent.parent
SEED, EPOCHS, BATCH, PEAK_RATE, MAX_SHIFT = 20, 4, 128, 0.2, 2
CALIBRATION = 300
MEAN, DEVIATION = 0.2860, 0.3530  # of the training images' pixels

# Outputs are logits, so that scores are: no softmax at the end.
FASHION = f"""model Fashion20

input      1 x 28 x 28
shortcut   A, pad end
depth      20
preprocess mean {MEAN}, std {DEVIATION}
block      basic(w) = 3x3, w; 3x3, w

conv1   28x28   3x3, 16
stage1  28x28   [basic(16)] x 3
stage2  14x14   [basic(32)] x 3
stage3    7x7   [basic(64)] x 3
head      1x1   average pool, 10-d fc
"""


def idx(path: Path) -> numpy.ndarray:
    """A gzipped IDX file of bytes: two zeros, the type 8, the number of sizes, the sizes, the numbers."""
    data = gzip.decompress(path.read_bytes())
    assert data[:3] == b"\0\0\x08", path
    sizes = numpy.frombuffer(data, ">u4", data[3], 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(sizes)


def fashion(data: Path, part: str) -> tuple[numpy.ndarray, numpy.ndarray]:
    return idx(data / f"{part}-images-idx3-ubyte.gz"), idx(data / f"{part}-labels-idx1-ubyte.gz")


def pixels(images: numpy.ndarray) -> torch.Tensor:
    return (torch.from_numpy(images.astype(numpy.float32))[:, None] / 255 - MEAN) / DEVIATION


def network() -> CifarResNet:
    """ResNet-20 of grey images."""
    net = CifarResNet(n=3)
    net.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
    return net


def changed(batch: torch.Tensor) -> torch.Tensor:
    """Mirrored or not, and moved by up to MAX_SHIFT pixels, all images of a batch alike."""
    if torch.rand(()) < 0.5:
        batch = batch.flip(3)
    y, x = torch.randint(0, 2 * MAX_SHIFT + 1, (2,)).tolist()
    return functional.pad(batch, [MAX_SHIFT] * 4, mode="replicate")[:, :, y : y + 28, x : x + 28]


def train(images: numpy.ndarray, labels: numpy.ndarray) -> CifarResNet:
    torch.manual_seed(SEED)
    net = network().to(memory_format=torch.channels_last)
    for parameter in net.parameters():
        if parameter.dim() == 4:
            nn.init.kaiming_normal_(parameter, mode="fan_out", nonlinearity="relu")
    optimiser = torch.optim.SGD(net.parameters(), lr=PEAK_RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=steps, pct_start=0.25)
    inputs, targets = pixels(images), torch.from_numpy(labels.astype(numpy.int64))
    for epoch in range(EPOCHS):
        order, total = torch.randperm(len(inputs)), 0.0
        for step in range(len(inputs) // BATCH):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            batch = changed(inputs[chosen]).contiguous(memory_format=torch.channels_last)
            loss = functional.cross_entropy(net(batch), targets[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
            if step % 100 == 99:
                print(f"epoch {epoch + 1}, step {step + 1}: training loss {total / (step + 1):.4f}", flush=True)
    return net.eval()


def write_images(folder: Path, images: numpy.ndarray, labels: numpy.ndarray) -> Path:
    """PNG files and the list of them that `evaluate` and `quantize` read."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index:05d}.png")
    listing = folder / "list.txt"
    listing.write_text("".join(f"{index:05d}.png {label}\n" for index, label in enumerate(labels)))
    return listing


def prepare_fashion(work: Path, data: Path) -> tuple[Path, Path]:
    """Source and weights; writes the images of both parts."""
    images, labels = fashion(data, "train")
    weights = work / "fashion20.safetensors"
    if not weights.exists():
        tensors = train(images, labels).state_dict()
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, weights)
    net = network()
    net.load_state_dict(load_file(weights))
    chosen = numpy.random.default_rng(SEED).permutation(len(images))[:CALIBRATION]
    write_images(work / "calibration", images[chosen], labels[chosen])
    tests, truth = fashion(data, "t10k")
    write_images(work / "test", tests, truth)
    net.eval()
    with torch.no_grad():
        logits = torch.cat([net(part) for part in pixels(tests).split(500)])
    print(f"PyTorch: {int((logits.argmax(1).numpy() == truth).sum())} of {len(truth)} right", flush=True)
    source = work / "fashion20.rn"
    source.write_text(FASHION)
    return source, weights


def prepare_digits(work: Path) -> tuple[Path, Path]:
    fixture = load_file(ROOT / "Tests" / "Fixtures" / "digits.safetensors")
    images, labels = fixture["images"].numpy(), fixture["labels"].numpy()
    write_images(work / "test", images, labels)
    write_images(work / "calibration", images[:CALIBRATION], labels[:CALIBRATION])
    source = work / "digits20.rn"
    source.write_text((ROOT / "models" / "digits20.rn").read_text().replace(", softmax", ""))
    return source, ROOT / "models" / "digits20.safetensors"


def test_pixels(network: str, data: Path) -> numpy.ndarray:
    """The test images as a network takes them."""
    if network == "fashion":
        return pixels(fashion(data, "t10k")[0]).numpy()
    images = load_file(ROOT / "Tests" / "Fixtures" / "digits.safetensors")["images"].numpy()
    large = [Image.fromarray(image).convert("RGB").resize((32, 32), Image.Resampling.BILINEAR) for image in images]
    return (numpy.stack([numpy.array(image) for image in large]).transpose(0, 3, 1, 2) / 255 - 0.5) / 0.5


def half_arithmetic(resnetc: str, source: Path, weights: Path, images: numpy.ndarray, work: Path) -> numpy.ndarray:
    """Logits of the kernels of AVX512-FP16, by the double of their words."""
    folder, name = work / "c", source.stem
    shutil.rmtree(folder, ignore_errors=True)
    run(resnetc, source, "--language", "c", "--single-file", "--precision", "float16", "--isa", "avx512",
        "--weights", weights, "-o", folder)  # fmt: skip
    files = [folder / f"{name}.c", folder / f"{name}_command.c"]
    program = folder / name
    run("clang", "-O2", "-DRESNET_FLOAT16_DOUBLE", f"-D{name.upper()}_THREADS", *files, "-lm", "-pthread", "-o", program)
    images.astype("<f4").tofile(folder / "in.f32")
    run(program, "logits", "--weights", folder / f"{name}.avx512fp16.packed",
        "--input", folder / "in.f32", "--output", folder / "out.f32")  # fmt: skip
    return numpy.fromfile(folder / "out.f32", "<f4").reshape(len(images), -1)


def run(*words: object) -> None:
    print("$", *words, flush=True)
    subprocess.run([str(word) for word in words], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=["digits", "fashion"])
    parser.add_argument("--resnetc", default="resnetc", help="the compiler")
    parser.add_argument("--work", type=Path, required=True, help="a folder for what is made")
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--half-arithmetic", action="store_true", help="also what AVX512-FP16 would answer")
    parser.add_argument("--train-only", action="store_true", help="stop when there are weights")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    work = (arguments.work / arguments.network).resolve()
    work.mkdir(parents=True, exist_ok=True)
    if arguments.network == "fashion":
        source, weights = prepare_fashion(work, arguments.data)
    else:
        source, weights = prepare_digits(work)
    if arguments.train_only:
        return

    package = work / "package"
    shutil.rmtree(package, ignore_errors=True)
    run(arguments.resnetc, source, "--precision", "float32,float16,int8", "-o", package)
    run("swift", "build", "-c", "release", "--package-path", package)
    command = package / ".build" / "release" / source.stem
    files = {"float32": weights, "float16": work / "half.packed", "int8": work / "int8.packed"}
    run(command, "pack", "--weights", weights, "--precision", "float16", "-o", files["float16"])
    run(command, "quantize", "--weights", weights, "--images", work / "calibration" / "list.txt", "-o", files["int8"])
    scores = {}
    for precision, file in files.items():
        out = work / f"{precision}.npy"
        run(command, "evaluate", "--images", work / "test" / "list.txt", "--weights", file, "--precision", precision,
            "--scores", out)  # fmt: skip
        scores[precision] = numpy.load(out)

    if arguments.half_arithmetic:
        images = test_pixels(arguments.network, arguments.data)
        scores["fp16"] = half_arithmetic(arguments.resnetc, source, weights, images, work)

    truth = numpy.array([int(line.split()[1]) for line in (work / "test" / "list.txt").read_text().splitlines()])
    exact = scores["float32"]
    right = (exact.argmax(1) == truth).sum()
    print(f"\n{arguments.network}, {len(truth)} test images\n")
    print("type        right  accuracy   points  float32's class  logits off by")
    for precision, values in scores.items():
        hits = (values.argmax(1) == truth).sum()
        same = (values.argmax(1) == exact.argmax(1)).sum()
        off = numpy.abs(values - exact).max() / numpy.abs(exact).max()
        print(f"{precision:8} {hits:8} {hits / len(truth):9.2%} {(hits - right) / len(truth) * 100:8.2f}"
              f" {same:16} {off:14.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
