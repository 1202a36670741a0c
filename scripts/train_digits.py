"""Trains ResNet-20 (option A) on scikit-learn's handwritten digits and stores what the tests and the demo need:

    models/digits20.safetensors         the weights, under torchvision's names
    Tests/Fixtures/digits.safetensors   the test split: images, labels, PyTorch's logits
    models/digits/                      a few test images as files, their labels, what PyTorch says of them

    python scripts/train_digits.py            about 7 minutes on one thread
    python scripts/train_digits.py --reuse    keeps the weights file and makes the rest anew

Data: 1,797 grey images of 8x8 with values 0 to 16, stored here as round(value * 255 / 16). 450 of them, stratified by
class, are the test split; the recipe below was fixed beforehand and the last epoch is kept, so that nothing about the
network was chosen by looking at them. (Scikit-learn's copy does not say who wrote which digit, so that writers may be
in both parts.)

Seeds are fixed and the algorithms deterministic: one machine makes the same weights every time. Another kind of
processor may round differently and so end at other weights, of the same quality.
"""

import argparse
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn import functional

import fixture_file
from cifar_resnet import CifarResNet

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "models" / "digits20.safetensors"
IMAGES = ROOT / "models" / "digits"
FIXTURE = ROOT / "Tests" / "Fixtures" / "digits.safetensors"

SEED = 20
EPOCHS = 36
BATCH = 64
PEAK_RATE = 0.1
TEST_COUNT = 450
MAX_SHIFT = 4  # pixels of the 32x32 image: one pixel of the original
CLASSES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def split() -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Images as U8 [1797, 8, 8], labels, and the sorted indices of both parts."""
    digits = load_digits()
    images = numpy.rint(digits.images * 255 / 16).astype(numpy.uint8)
    indices = numpy.arange(len(images))
    train, test = train_test_split(indices, test_size=TEST_COUNT, stratify=digits.target, random_state=SEED)
    return images, digits.target, numpy.sort(train), numpy.sort(test)


def preprocess(image: numpy.ndarray) -> torch.Tensor:
    """Torchvision's evaluation pipeline: RGB, short side to 32 with Pillow's bilinear filter, centre crop 32, to
    0...1, normalise by mean 0.5 and deviation 0.5. A square image resized to 32 leaves nothing to crop."""
    resized = Image.fromarray(image).convert("RGB").resize((32, 32), Image.Resampling.BILINEAR)
    pixels = torch.from_numpy(numpy.array(resized)).permute(2, 0, 1).to(torch.float32)
    return (pixels / 255 - 0.5) / 0.5


def shifted(batch: torch.Tensor) -> torch.Tensor:
    """Each image moved by up to MAX_SHIFT pixels in each direction, its edge repeated."""
    padded = functional.pad(batch, [MAX_SHIFT] * 4, mode="replicate")
    offsets = torch.randint(0, 2 * MAX_SHIFT + 1, (len(batch), 2)).tolist()
    return torch.stack([image[:, y : y + 32, x : x + 32] for image, (y, x) in zip(padded, offsets)])


def train(pixels: torch.Tensor, labels: torch.Tensor) -> CifarResNet:
    torch.manual_seed(SEED)
    net = CifarResNet(n=3)
    for parameter in net.parameters():
        if parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter, mode="fan_out", nonlinearity="relu")
    optimiser = torch.optim.SGD(net.parameters(), lr=PEAK_RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    steps = EPOCHS * (len(pixels) // BATCH)
    warmup = steps // 10
    schedule = torch.optim.lr_scheduler.SequentialLR(
        optimiser,
        [
            torch.optim.lr_scheduler.LinearLR(optimiser, 0.05, total_iters=warmup),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps - warmup),
        ],
        milestones=[warmup],
    )
    net.train()
    for epoch in range(EPOCHS):
        order = torch.randperm(len(pixels))
        total = 0.0
        for step in range(len(pixels) // BATCH):
            chosen = order[step * BATCH : (step + 1) * BATCH]
            loss = functional.cross_entropy(net(shifted(pixels[chosen])), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: training loss {total / (len(pixels) // BATCH):.4f}", flush=True)
    return net


def write_images(images: numpy.ndarray, labels: numpy.ndarray, test: numpy.ndarray, logits: numpy.ndarray) -> None:
    """Eight test images as files, of eight classes: two that the network gets wrong, if there are, and the first right
    ones of the smallest other classes. Grey PNGs, the last two RGB PPMs."""
    answers = logits.argmax(axis=1)
    wrong = [row for row in range(len(test)) if answers[row] != labels[test[row]]]
    chosen = wrong[:2]
    taken = {int(labels[test[row]]) for row in chosen}
    for digit in range(10):
        if digit not in taken and len(chosen) < 8:
            chosen.append(next(row for row in range(len(test)) if labels[test[row]] == digit and row not in wrong))
    chosen.sort(key=lambda row: (labels[test[row]], test[row]))

    IMAGES.mkdir(parents=True, exist_ok=True)
    for old in list(IMAGES.glob("digit*.png")) + list(IMAGES.glob("digit*.ppm")):
        old.unlink()
    (IMAGES / "labels.txt").write_text("".join(f"{name}\n" for name in CLASSES))
    rows = []
    for place, row in enumerate(chosen):
        index, label = int(test[row]), int(labels[test[row]])
        picture = Image.fromarray(images[index])
        if place >= len(chosen) - 2:
            file = f"digit{label}_{index:04d}.ppm"
            picture.convert("RGB").save(IMAGES / file)
        else:
            file = f"digit{label}_{index:04d}.png"
            picture.save(IMAGES / file)
        scores = numpy.exp(logits[row] - logits[row].max())
        scores /= scores.sum()
        best, second = numpy.argsort(-scores, kind="stable")[:2]
        note = "" if best == label else ", **wrong**"
        rows.append(
            f"| `{file}` | {CLASSES[label]} | {CLASSES[best]} {scores[best]:.4f}{note} "
            f"| {CLASSES[second]} {scores[second]:.4f} |\n"
        )
    correct = len(test) - len(wrong)
    (IMAGES / "README.md").write_text(
        "# Handwritten digits\n\n"
        "Eight images of scikit-learn's `load_digits` (the test part of UCI's Optical Recognition of Handwritten\n"
        "Digits, Alpaydin and Kaynak, CC BY 4.0), 8x8 pixels. The number in a name is the image's index there. None\n"
        "was used in training `../digits20.safetensors`, and neither were the other images of the test split, of\n"
        f"which PyTorch gets {correct} of {len(test)} right ({100 * correct / len(test):.2f} %).\n\n"
        "The answers are PyTorch's, in float64, with their softmax.\n\n"
        "| image | true class | PyTorch's answer | second |\n|---|---|---|---|\n"
        + "".join(rows)
        + "\nMade by `scripts/train_digits.py`.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reuse", action="store_true", help="keep the weights and make only the fixture and images")
    reuse = parser.parse_args().reuse

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    images, labels, train_part, test_part = split()
    pixels = torch.stack([preprocess(image) for image in images])
    targets = torch.from_numpy(labels).to(torch.int64)

    if not reuse:
        net = train(pixels[train_part], targets[train_part])
        about = {
            "model": "CIFAR-shape ResNet-20, option A, zeros at the end",
            "data": "scikit-learn load_digits, 1347 training images",
            "preprocess": "resize 32 bilinear, crop 32, mean 0.5 0.5 0.5, std 0.5 0.5 0.5",
            "made_by": "scripts/train_digits.py",
            "torch": torch.__version__,
        }
        fixture_file.write(WEIGHTS, net.state_dict(), about)

    net = CifarResNet(n=3)
    net.load_state_dict(load_file(WEIGHTS))
    net.double().eval()
    with torch.no_grad():
        logits = torch.cat([net(part.double()) for part in pixels[test_part].split(50)])
    correct = int((logits.argmax(dim=1) == targets[test_part]).sum())
    accuracy = correct / len(test_part)
    print(f"test accuracy {accuracy:.4f} ({correct} of {len(test_part)})")
    write_images(images, labels, test_part, logits.numpy())
    fixture_file.write(
        FIXTURE,
        {
            "images": torch.from_numpy(images[test_part]),
            "labels": targets[test_part].to(torch.uint8),
            "indices": torch.from_numpy(test_part).to(torch.int64),
            "logits": logits.to(torch.float32),
        },
        {
            "accuracy": f"{accuracy:.6f}",
            "correct": str(correct),
            "count": str(len(test_part)),
            "logits": "PyTorch, float64, rounded to float32",
            "made_by": "scripts/train_digits.py",
            "torch": torch.__version__,
        },
    )


if __name__ == "__main__":
    main()
