#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/RuntimeTests/Fixtures: image files, and what Pillow and torchvision make of images.

The images to resize are noise that the tests compute themselves (`noise` below), so that only checksums of the results
are stored: CRC-32 of the bytes, or of the little-endian float32 values. Needs NumPy, Pillow 13, torch and torchvision;
the results are checked in, so that tests and users need none of them.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image

try:
    import torchvision.transforms as T
except RuntimeError:  # A torchvision without its compiled operators: name those it asks for, and the transforms import.
    library = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        library.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.transforms as T

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "RuntimeTests" / "Fixtures"
MASK = (1 << 64) - 1


def noise(seed, count):
    """The upper bytes of splitmix64's outputs."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(56)).astype(np.uint8)


def noise_image(width, height, channels, seed):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return Image.fromarray(noise(seed, width * height * channels).reshape(shape))


def crc(data):
    return zlib.crc32(bytes(data))


# Resizing

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def resize_cases():
    sizes = [
        ((1, 1), (1, 1)), ((1, 1), (7, 5)), ((1, 9), (3, 4)), ((9, 1), (4, 3)), ((2, 2), (5, 5)), ((3, 5), (1, 1)),
        ((8, 8), (32, 32)), ((32, 32), (8, 8)), ((31, 17), (13, 29)), ((17, 31), (17, 7)), ((17, 31), (5, 31)),
        ((64, 48), (63, 47)), ((64, 48), (65, 49)), ((100, 75), (33, 25)), ((500, 3), (7, 3)), ((3, 500), (2, 11)),
        ((257, 129), (224, 112)), ((40, 30), (299, 224)), ((640, 427), (383, 256)), ((2000, 2), (1, 1)),
        # Either side of where Pillow 13 changes the order of its passes: twice the loss of width.
        ((30, 30), (20, 10)), ((30, 31), (20, 10)), ((30, 70), (60, 60)), ((200, 611), (100, 411)),
    ]
    cases = []
    for seed, ((w, h), (nw, nh)) in enumerate(sizes):
        for channels in (1, 3):
            for name, filter in FILTERS.items():
                result = noise_image(w, h, channels, seed).resize((nw, nh), filter)
                cases.append({
                    "width": w, "height": h, "channels": channels, "seed": seed, "filter": name,
                    "newWidth": nw, "newHeight": nh, "crc": crc(result.tobytes()),
                })
    return cases


# Preprocessing

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def preprocess_cases():
    # width, height, resize, crop height, crop width
    sizes = [
        (1, 1, 8, 8, 8), (40, 30, 16, 14, 14), (30, 40, 16, 13, 14), (31, 57, 20, 17, 17), (57, 31, 21, 16, 17),
        (320, 213, 256, 224, 224), (213, 320, 232, 224, 224), (50, 50, 50, 44, 44), (20, 33, 20, 20, 20),
        (33, 20, 10, 14, 14), (20, 33, 9, 15, 12), (25, 25, 10, 13, 9), (8, 8, 32, 32, 32), (100, 3, 12, 9, 30),
        (3, 100, 12, 10, 11), (60, 300, 32, 28, 28),
    ]
    cases = []
    for seed, (w, h, resize, ch, cw) in enumerate(sizes):
        for grey in (False, True):
            for name, mode in (("bilinear", T.InterpolationMode.BILINEAR), ("bicubic", T.InterpolationMode.BICUBIC)):
                mean, std = ([0.1307], [0.3081]) if grey else IMAGENET
                image = noise_image(w, h, 3, 1000 + seed)
                if grey:
                    image = image.convert("L")
                transform = T.Compose([
                    T.Resize(resize, interpolation=mode, antialias=True), T.CenterCrop((ch, cw)), T.ToTensor(),
                    T.Normalize(mean, std),
                ])
                values = transform(image).numpy()
                assert values.shape == (len(mean), ch, cw) and values.dtype == np.float32
                cases.append({
                    "width": w, "height": h, "seed": 1000 + seed, "resize": resize, "filter": name,
                    "cropHeight": ch, "cropWidth": cw, "mean": mean, "std": std,
                    "crc": crc(values.astype("<f4").tobytes()),
                })
    return cases


# PNG files, written here by the letter of the standard, so that every kind occurs

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def pack_row(samples, depth):
    """A row of samples as bytes, the first in the highest bits."""
    if depth == 16:
        return b"".join(struct.pack(">H", s) for s in samples)
    bits, count, out = 0, 0, bytearray()
    for s in samples:
        bits, count = bits << depth | s, count + depth
        if count == 8:
            out.append(bits)
            bits, count = 0, 0
    if count:
        out.append(bits << (8 - count))
    return bytes(out)


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filter_row(kind, row, above, distance):
    out = bytearray([kind])
    for i, value in enumerate(row):
        a = row[i - distance] if i >= distance else 0
        b = above[i]
        c = above[i - distance] if i >= distance else 0
        out.append((value - [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]) & 255)
    return bytes(out)


def png(width, height, colour, depth, interlace=False, seed=0, level=9, strategy=zlib.Z_DEFAULT_STRATEGY, split=None,
        smooth=False, palette_size=None):
    channels = CHANNELS[colour]
    samples = noise(seed, width * height * channels * 2).reshape(height, width, channels, 2).astype(np.int64)
    values = samples[..., 0] * 256 + samples[..., 1]
    if smooth:
        y, x, c = np.mgrid[0:height, 0:width, 0:channels]
        values = (x * 911 + y * 577 + c * 7919) % 65536
    values >>= 16 - depth
    palette_size = palette_size or 1 << depth
    if colour == 3:
        values %= palette_size
    raw, row_number = b"", 0
    for x0, y0, dx, dy in (ADAM7 if interlace else [(0, 0, 1, 1)]):
        part = values[y0::dy, x0::dx]
        if part.size == 0:
            continue
        above = None
        for row in part:
            packed = pack_row([int(v) for v in row.reshape(-1)], depth)
            distance = max(depth * channels // 8, 1)
            raw += filter_row(row_number % 5, packed, above or bytes(len(packed)), distance)
            above, row_number = packed, row_number + 1
    compressor = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
    data = compressor.compress(raw) + compressor.flush()
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))
    out += chunk(b"tEXt", b"Comment\0an ancillary chunk")
    if colour == 3:
        out += chunk(b"PLTE", noise(seed + 77, 3 * palette_size).tobytes())
        out += chunk(b"tRNS", bytes([0, 128]))
    for start in range(0, len(data), split or len(data)):
        out += chunk(b"IDAT", data[start:start + (split or len(data))])
    return out + chunk(b"IEND", b"")


def png_files():
    files = {}
    for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for depth in depths:
            for interlace in (False, True):
                name = f"colour{colour}_depth{depth}{'_adam7' if interlace else ''}.png"
                files[name] = png(13, 11, colour, depth, interlace, seed=10 * colour + depth)
    for width, height in ((1, 1), (2, 3), (5, 1), (1, 5)):
        files[f"adam7_{width}x{height}.png"] = png(width, height, 2, 8, True, seed=width)
    files["stored.png"] = png(40, 30, 2, 8, level=0)
    files["stored_twice.png"] = png(160, 150, 2, 8, level=0, smooth=True)
    files["fixed.png"] = png(40, 30, 2, 8, strategy=zlib.Z_FIXED, smooth=True)
    files["huffman.png"] = png(40, 30, 2, 8, strategy=zlib.Z_HUFFMAN_ONLY, smooth=True)
    files["runs.png"] = png(200, 150, 0, 1, strategy=zlib.Z_RLE, smooth=True)
    files["dynamic.png"] = png(200, 150, 2, 8, smooth=True)
    files["split.png"] = png(40, 30, 2, 8, smooth=True, split=7)
    files["palette5.png"] = png(9, 9, 3, 4, palette_size=5)
    return files


def forgiven_files():
    """Files with something wrong that Pillow opens: colours beyond the palette, no end, more rows than there are."""
    sound = png(13, 11, 2, 8, seed=9)
    rows = b"".join(b"\0" + noise(row, 21).tobytes() for row in range(9))
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 7, 5, 8, 2, 0, 0, 0))
    return {
        "forgiven_palette.png": png(9, 9, 3, 4, seed=3).replace(
            chunk(b"PLTE", noise(80, 48).tobytes()), chunk(b"PLTE", noise(80, 15).tobytes())),
        "forgiven_no_end.png": sound[:-12],
        "forgiven_cut_end.png": sound[:-7],
        "forgiven_more_rows.png": head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""),
    }


def pillow_files(folder):
    """Files as Pillow itself writes them."""
    image = noise_image(24, 17, 3, 5)
    smooth = Image.linear_gradient("L").resize((90, 60))
    for name, picture in {
        "pillow_rgb.png": image, "pillow_l.png": smooth, "pillow_1.png": smooth.convert("1"),
        "pillow_p.png": image.quantize(16), "pillow_la.png": smooth.convert("LA"),
        "pillow_rgba.png": image.convert("RGBA"), "pillow_rgb.ppm": image, "pillow_l.pgm": smooth,
    }.items():
        picture.save(folder / name)
    yield from ("pillow_rgb.png", "pillow_l.png", "pillow_1.png", "pillow_p.png", "pillow_la.png", "pillow_rgba.png",
                "pillow_rgb.ppm", "pillow_l.pgm")


def ppm_files():
    binary = noise(3, 5 * 4 * 3 * 2).tobytes()
    text = " ".join(str(v) for v in noise(4, 5 * 4 * 3))
    wide = b"".join(struct.pack(">H", v % 1001) for v in struct.unpack(f">{5 * 4 * 3}H", binary))
    return {
        "p6_255.ppm": b"P6\n# a comment\n5 4\n255\n" + binary[:60],
        "p6_65535.ppm": b"P6 5\t4\r\n65535\n" + binary,
        "p6_1000.ppm": b"P6\n5 4 1000\n" + wide,
        "p6_100.ppm": b"P6\n5 4\n100\n" + bytes(v % 101 for v in binary[:60]),
        "p5_255.pgm": b"P5\n5 4\n255\n" + binary[:20],
        "p5_6.pgm": b"P5\n5 4\n6\n" + bytes(v % 7 for v in binary[:20]),
        "p3.ppm": f"P3\n5 4 # size\n255\n{text}\n".encode(),
        "p2.pgm": f"P2 5 4 255 {' '.join(text.split()[:20])}".encode(),
    }


def bmp(width, height, bits, top_down=False, masks=(), size=40, seed=0):
    """A BMP file of noise; one with masks says so by its compression."""
    stride = (width * bits + 31) // 32 * 4
    palette = noise(seed + 50, (3 if size == 12 else 4) << bits).tobytes() if bits <= 8 else b""
    data = noise(seed, stride * height).tobytes()
    if size == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", size, width, -height if top_down else height, 1, bits, 3 if masks else 0,
                             len(data), 0, 0, 0, 0) + struct.pack(f"<{len(masks)}I", *masks)
        header = header.ljust(size, b"\0")
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + header + palette + data


def bmp_files():
    files = {f"bmp_{bits}.bmp": bmp(13, 7, bits, seed=bits) for bits in (1, 4, 8, 16, 24, 32)}
    files["bmp_top_down.bmp"] = bmp(13, 7, 24, top_down=True)
    files["bmp_565.bmp"] = bmp(13, 7, 16, masks=(0xF800, 0x7E0, 0x1F))
    files["bmp_masks.bmp"] = bmp(13, 7, 32, masks=(0xFF0000, 0xFF00, 0xFF))
    files["bmp_v4.bmp"] = bmp(13, 7, 32, masks=(0xFF000000, 0xFF0000, 0xFF00, 0xFF), size=108)
    files["bmp_v5.bmp"] = bmp(13, 7, 24, size=124)
    files["bmp_old.bmp"] = bmp(13, 7, 4, size=12)
    return files


def expected_rgb(path):
    with Image.open(path) as image:
        if image.mode.startswith("I"):  # 16-bit grey: the upper byte, as Pillow takes it of 16-bit colours.
            upper = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
            return Image.fromarray(upper).convert("RGB")
        return image.convert("RGB")


def main():
    folder = FIXTURES / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    names = list(pillow_files(folder))
    for name, data in {**png_files(), **forgiven_files(), **ppm_files(), **bmp_files()}.items():
        (folder / name).write_bytes(data)
        names.append(name)
    files = []
    for name in sorted(names):
        image = expected_rgb(folder / name)
        files.append({"name": name, "width": image.width, "height": image.height, "crc": crc(image.tobytes())})
    expected = {"files": files, "resize": resize_cases(), "preprocess": preprocess_cases()}
    lines = [f'"{key}": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]" for key, cases in expected.items()]
    (FIXTURES / "images.json").write_text("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
