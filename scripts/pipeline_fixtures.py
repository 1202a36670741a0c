#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/RuntimeTests/Fixtures/pipelines.json: what evaluation pipelines of torchvision, timm, Keras and Caffe make
of images of noise, as CRC-32 of little-endian float32 values in the order channel, row, column.

Each pipeline is held beside the `preprocess` line that says the same, over odd, tall, wide and tiny images. Those of
torchvision and timm run their own code; what Keras's `preprocess_input` and Caffe's transformer do after Pillow has
resized is written here in NumPy by their documentation. Needs NumPy, Pillow 13, torch, torchvision and timm; the tests
need none of them.
"""

import base64
import json

import numpy as np
import timm.data
import torch
from image_fixtures import FIXTURES, IMAGENET, T, crc, noise_image
from PIL import Image

SIZES = [(1, 1), (2, 3), (7, 5), (31, 57), (57, 31), (50, 50), (213, 320), (320, 213), (100, 3), (3, 100), (641, 97)]
MODES = {name: getattr(T.InterpolationMode, name.upper())
         for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")}
HALF = ([0.5] * 3, [0.5] * 3)
KEEP = ([0.0] * 3, [1.0] * 3)


def case(resize, filter, crop, statistics=IMAGENET, **more):
    mean, std = statistics
    return {"resize": resize, "filter": filter, "crop": list(crop), "mean": mean, "std": std, **more}


def torchvision_pipelines():
    def transform(size, mode, crop, statistics):
        return T.Compose([T.Resize(size, interpolation=MODES[mode]), T.CenterCrop(crop), T.ToTensor(),
                          T.Normalize(*statistics)])
    for mode in MODES:
        yield case(["short", 40], mode, (32, 36)), transform(40, mode, (32, 36), IMAGENET)
        yield case(["exactly", 33, 47], mode, (33, 47)), transform((33, 47), mode, (33, 47), IMAGENET)
    yield case(["exactly", 33, 47], "bicubic", (32, 32), HALF), transform((33, 47), "bicubic", (32, 32), HALF)


def tensor_pipelines():
    """Bytes as `torchvision.io` reads them, resized by PyTorch without antialiasing. All of them are stored, because the
    build of PyTorch decides the last bit of a half."""
    for mode in ("bilinear", "bicubic"):
        for size, written, crop in ((19, ["short", 19], (12, 13)), ((13, 11), ["exactly", 13, 11], (13, 11)),
                                    ((9, 16), ["exactly", 9, 16], (9, 16))):
            yield case(written, mode, crop, KEEP, range="bytes", antialias=False), T.Compose([
                T.PILToTensor(), T.Resize(size, interpolation=MODES[mode], antialias=False), T.CenterCrop(crop),
                T.Lambda(lambda bytes: bytes.to(torch.float32))])


def timm_pipelines():
    def transform(size, mode, crop_mode, pct, statistics):
        return timm.data.create_transform(
            input_size=(3, *size), is_training=False, use_prefetcher=False, interpolation=mode, mean=statistics[0],
            std=statistics[1], crop_pct=pct, crop_mode=crop_mode)
    fill = [round(255 * v) for v in IMAGENET[0]]
    for mode in ("bilinear", "bicubic", "lanczos"):
        yield case(["short", 33], mode, (32, 32)), transform((32, 32), mode, "center", 0.95, IMAGENET)
        yield case(["exactly", 32, 32], mode, (32, 32), HALF), transform((32, 32), mode, "squash", 1.0, HALF)
        yield case(["exactly", 36, 36], mode, (32, 32)), transform((32, 32), mode, "squash", 0.875, IMAGENET)
        yield (case(["fit", 32, 32], mode, (32, 32), fill=fill),
               transform((32, 32), mode, "border", 1.0, IMAGENET))
        yield case(["fit", 36, 36], mode, (32, 32), fill=fill), transform((32, 32), mode, "border", 0.875, IMAGENET)
        yield case(["cover", 40, 32], mode, (36, 29)), transform((36, 29), mode, "center", 0.9, IMAGENET)


def keras_pipelines():
    """`load_img(target_size=..., interpolation=...)`, then the three modes of `preprocess_input`."""
    def transform(mode, filter):
        def apply(image):
            x = np.asarray(image.resize((31, 33), getattr(Image.Resampling, filter.upper()))).astype(np.float32)
            if mode == "caffe":
                x = x[..., ::-1].copy()
                for channel, mean in enumerate((103.939, 116.779, 123.68)):
                    x[..., channel] -= mean
            elif mode == "tf":
                x /= 127.5
                x -= 1.0
            return torch.from_numpy(x).permute(2, 0, 1)
        return apply
    size = ["exactly", 33, 31]
    for filter in ("nearest", "bilinear", "bicubic"):
        yield (case(size, filter, (33, 31), ([103.939, 116.779, 123.68], [1.0] * 3), range="bytes", bgr=True),
               transform("caffe", filter))
        yield case(size, filter, (33, 31), KEEP, range="symmetric"), transform("tf", filter)
        yield case(size, filter, (33, 31), KEEP, range="bytes"), transform("none", filter)


def caffe_pipelines():
    def apply(image):
        x = np.asarray(image.resize((36, 36), Image.Resampling.BILINEAR)).astype(np.float32)[2:34, 2:34, ::-1]
        return torch.from_numpy((x - np.array([104, 117, 123], np.float32)).transpose(2, 0, 1).copy())
    yield (case(["exactly", 36, 36], "bilinear", (32, 32), ([104.0, 117.0, 123.0], [1.0] * 3), range="bytes", bgr=True),
           apply)


def square_pipelines():
    """Padded to a square of a colour, as models of images and text have it, then resized by Pillow."""
    fill = [122, 116, 104]
    def apply(image):
        w, h = image.size
        side = max(w, h)
        square = Image.new("RGB", (side, side), tuple(fill))
        square.paste(image, ((side - w) // 2, (side - h) // 2))
        return T.Compose([
            T.Resize((32, 32), interpolation=MODES["bicubic"]), T.ToTensor(), T.Normalize(*IMAGENET)])(square)
    yield case(["exactly", 32, 32], "bicubic", (32, 32), square=True, fill=fill), apply


def ten_crops():
    for mode, size, crop in (("bilinear", 40, (32, 32)), ("bicubic", 37, (32, 31)), ("bilinear", 32, (32, 32))):
        normalise = T.Compose([T.ToTensor(), T.Normalize(*IMAGENET)])
        yield case(["short", size], mode, crop, views=10), T.Compose([
            T.Resize(size, interpolation=MODES[mode]), T.TenCrop(crop),
            T.Lambda(lambda crops: torch.stack([normalise(c) for c in crops]))])


def main():
    cases = []
    for family in (torchvision_pipelines, tensor_pipelines, timm_pipelines, keras_pipelines, caffe_pipelines,
                   square_pipelines, ten_crops):
        for pipeline, transform in family():
            for seed, (w, h) in enumerate(SIZES):
                # timm's rounding leaves no pixel of these.
                if pipeline["resize"][0] == "fit" and max(w, h) > 60 * min(w, h):
                    continue
                values = transform(noise_image(w, h, 3, 2000 + seed)).numpy()
                assert values.dtype == np.float32 and values.shape[-3:] == (3, *pipeline["crop"])
                cases.append({"family": family.__name__.split("_")[0], "width": w, "height": h, "seed": 2000 + seed,
                              **pipeline, "crc": crc(values.astype("<f4").tobytes())})
                if not pipeline.get("antialias", True):
                    cases[-1]["bytes"] = base64.b64encode(values.astype(np.uint8).tobytes()).decode()
    text = "[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n"
    (FIXTURES / "pipelines.json").write_text(text)
    print(len(cases), "cases")


if __name__ == "__main__":
    main()
