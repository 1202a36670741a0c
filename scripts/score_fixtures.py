"""Writes Tests/Fixtures/scores/scores.json: what a script of torchvision makes of images, from the file to the scores: TenCrop,
and two scales of which the mean is taken.

    python scripts/score_fixtures.py

The network is the CIFAR-10 family's with n = 1 (cifar_resnet.py), its weights are portable_random.py's with seed 3, in
double precision; the images are noise of odd, tall, wide and tiny sizes, which the tests make again. Crops lie apart in all
of them but the squares. The sources beside the file say the same two pipelines. Needs what image_fixtures.py needs.
"""

import json
from pathlib import Path

import torch

import portable_random
from cifar_resnet import CifarResNet
from image_fixtures import IMAGENET, T, noise_image

SEED = 3
# Width and height; the seed of an image's noise is 3,000 and its place.
SIZES = [(1, 1), (2, 3), (7, 5), (31, 57), (57, 31), (50, 50), (213, 320), (320, 213), (90, 3), (3, 90), (641, 97)]
# The name of the source, the short side, and the crop.
SCALES = [("Scale24", 28, 24), ("Scale32", 40, 32)]
FOLDER = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "scores"


def scores(net: torch.nn.Module, image, resize: int, crop: int, views: int) -> torch.Tensor:
    """The mean over the views, after the softmax, as the paper has it."""
    crops = T.TenCrop(crop) if views == 10 else T.Compose([T.CenterCrop(crop), T.Lambda(lambda image: [image])])
    normalise = T.Compose([T.ToTensor(), T.Normalize(*IMAGENET)])
    stack = T.Compose([T.Resize(resize), crops, T.Lambda(lambda crops: torch.stack([normalise(crop) for crop in crops]))])
    with torch.no_grad():
        return net(stack(image).double()).softmax(1).mean(0)


def main() -> None:
    net = CifarResNet(1)
    portable_random.fill(net, SEED)
    net = net.double().eval()
    images = [noise_image(w, h, 3, 3000 + index) for index, (w, h) in enumerate(SIZES)]
    found = {
        f"{name}, {views}": [scores(net, image, resize, crop, views) for image in images]
        for name, resize, crop in SCALES for views in (1, 10)
    }
    for views in (1, 10):
        both = zip(*(found[f"{name}, {views}"] for name, _, _ in SCALES))
        found[f"both, {views}"] = [sum(parts) / len(parts) for parts in both]
    rows = {name: [[round(score, 9) for score in row.tolist()] for row in table] for name, table in found.items()}
    for name, table in found.items():
        print(name, "largest score", max(float(row.max()) for row in table),
              "images differ by", float(torch.stack(table).std(0).max()))
    FOLDER.mkdir(exist_ok=True)
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(table)}" for name, table in rows.items())
    sizes = json.dumps([list(size) for size in SIZES])
    (FOLDER / "scores.json").write_text("{\n" + f' "sizes": {sizes},\n "scores": {{\n{lines}\n }}\n' + "}\n")


if __name__ == "__main__":
    main()
