#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/RuntimeTests/Fixtures/jpeg and jpeg.json: JPEG files of every kind, and the CRC-32 of what Pillow's
convert("RGB") makes of them. Part of them Pillow writes, the others jpeg_writer.py. Needs NumPy and Pillow 13 (built with
libjpeg-turbo 3.2); the results are checked in, so that tests and users need neither."""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from image_fixtures import noise
from jpeg_writer import AC_LUMA, DC_LUMA, FLAT, Component, Writer, joined, segment

FIXTURES = Path(__file__).resolve().parent.parent / "Tests" / "RuntimeTests" / "Fixtures"
SOI, EOI = b"\xff\xd8", b"\xff\xd9"
JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


def adobe(transform):
    return segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


def picture(width, height, channels=3, seed=0):
    """Slopes, edges and some noise, as full-size planes."""
    y, x = np.mgrid[0:height, 0:width]
    grain = noise(seed, width * height * channels).reshape(channels, height, width).astype(int)
    planes = []
    for c in range(channels):
        plane = 128 + 90 * np.sin(x / (5 + c)) * np.cos(y / (7 - c)) + 60 * ((x // 11 + y // 9 + c) % 2) - 30
        planes.append(np.clip(plane + grain[c] / 16 - 8, 0, 255))
    return planes


def image(width, height, seed=0):
    return Image.fromarray(np.stack(picture(width, height, 3, seed), -1).astype(np.uint8))


FLAT_TABLE = [10] * 64
TABLE = [3 + (i // 8) * 2 + i % 8 * 3 for i in range(64)]
COARSE = [12 + 4 * (i // 8 + i % 8) for i in range(64)]


def written_by_pillow():
    def save(picture, **options):
        out = io.BytesIO()
        picture.save(out, "JPEG", **options)
        return out.getvalue()

    for name, subsampling in {"444": 0, "422": 1, "420": 2}.items():
        for progressive in (False, True):
            kind = "progressive" if progressive else "baseline"
            yield f"pillow_{kind}_{name}.jpg", save(image(61, 47), subsampling=subsampling, progressive=progressive)
    yield "pillow_coarse.jpg", save(image(45, 61), quality=30)
    yield "pillow_grey.jpg", save(image(53, 41).convert("L"))
    yield "pillow_grey_progressive.jpg", save(image(53, 41).convert("L"), progressive=True)
    yield "pillow_cmyk.jpg", save(image(33, 29).convert("CMYK"))
    yield "pillow_cmyk_progressive.jpg", save(image(33, 29).convert("CMYK"), progressive=True)
    yield "pillow_rgb.jpg", save(image(33, 29), keep_rgb=True)
    yield "pillow_best.jpg", save(image(40, 40), quality=100, subsampling=0, optimize=True)
    yield "pillow_worst.jpg", save(image(45, 35), quality=1)
    yield "pillow_restart.jpg", save(image(61, 47), restart_marker_blocks=2)
    yield "pillow_restart_progressive.jpg", save(image(61, 47), restart_marker_rows=1, progressive=True)
    for width, height in ((1, 1), (2, 2), (3, 1), (4, 6), (5, 3), (16, 16), (17, 33)):
        for name, subsampling in {"422": 1, "420": 2}.items():
            yield f"size_{width}x{height}_{name}.jpg", save(image(width, height), subsampling=subsampling, optimize=True)


def file(writer, *, head=JFIF, marker=0xC0, scans=None, restart=0, wide=False, huffman=True):
    """A whole file; `scans` are (members, ss, se, ah, al)."""
    out = SOI + head + writer.quantisation(wide) + writer.frame(marker)
    if huffman:
        out += writer.huffman()
    if restart:
        out += segment(0xDD, struct.pack(">H", restart))
    for members, *band in scans or [(list(range(len(writer.components))),)]:
        out += writer.scan_header(members, *band)
        out += joined(writer.scan(members, *band, restart=restart, progressive=marker == 0xC2))
    return out + EOI


def components(*sampling, ids=None):
    return [Component((ids or (1, 2, 3, 4))[i], h, v, table=min(i, 1)) for i, (h, v) in enumerate(sampling)]


def writer(width, height, *sampling, tables=(TABLE, COARSE), seed=0, ids=None, **options):
    return Writer(picture(width, height, len(sampling), seed), components(*sampling, ids=ids), tables, **options)


def samplings():
    one = (1, 1)
    kinds = {
        "411": [(4, 1), one, one], "410": [(4, 2), one, one], "440": [(1, 2), one, one], "441": [(1, 4), one, one],
        "311": [(3, 1), one, one], "2x1_1x2": [(2, 1), (1, 2), (1, 2)], "2x2_2x1_1x2": [(2, 2), (2, 1), (1, 2)],
        "luma_sparse": [one, (2, 2), (2, 2)], "422_by_two": [(2, 2), (1, 2), (1, 2)], "420_by_two": [(2, 4), one, one],
        "444_by_two": [(2, 1), (2, 1), (2, 1)], "grey_2x2": [(2, 2)], "grey_1x3": [(1, 3)],
    }
    for name, sampling in kinds.items():
        for width, height in ((27, 21), (3, 5)):
            yield f"sampling_{name}_{width}x{height}.jpg", file(writer(width, height, *sampling, seed=width))
    # 18 blocks do not fit a unit: component by component.
    yield "sampling_4x4.jpg", file(writer(70, 66, (4, 4), one, one), scans=[([0],), ([1],), ([2],)])


def colours():
    one = (1, 1)
    yield "cmyk_adobe.jpg", file(writer(21, 19, one, one, one, one), head=adobe(0))
    yield "cmyk_plain.jpg", file(writer(21, 19, one, one, one, one), head=b"")
    yield "cmyk_sampled.jpg", file(writer(21, 19, (2, 2), one, one, (2, 2)), head=adobe(0))
    yield "ycck.jpg", file(writer(21, 19, one, one, one, one), head=adobe(2))
    yield "ycck_sampled.jpg", file(writer(35, 19, (2, 2), one, one, (2, 2)), head=adobe(2))
    yield "ycck_guessed.jpg", file(writer(21, 19, one, one, one, one), head=adobe(1))
    yield "rgb_adobe.jpg", file(writer(21, 19, one, one, one), head=adobe(0))
    yield "rgb_by_name.jpg", file(writer(21, 19, one, one, one, ids=(82, 71, 66)), head=b"")
    yield "rgb_by_name_jfif.jpg", file(writer(21, 19, one, one, one, ids=(82, 71, 66)))
    yield "ycc_adobe.jpg", file(writer(21, 19, (2, 1), one, one), head=adobe(1))
    yield "ycc_jfif_adobe.jpg", file(writer(21, 19, one, one, one), head=JFIF + adobe(0))
    yield "ycc_unnamed.jpg", file(writer(21, 19, one, one, one, ids=(0, 1, 2)), head=b"")
    yield "ycc_guessed.jpg", file(writer(21, 19, one, one, one), head=adobe(7))


def structures():
    one = (1, 1)
    w = writer(43, 37, (2, 2), one, one)
    yield "scans_apart.jpg", file(w, scans=[([0],), ([1],), ([2],)])
    yield "scans_mixed.jpg", file(w, scans=[([1, 2],), ([0],)])
    yield "scans_apart_restart.jpg", file(w, scans=[([0],), ([1],), ([2],)], restart=3)
    yield "restart_1.jpg", file(w, restart=1)
    yield "restart_row.jpg", file(w, restart=3)
    yield "extended.jpg", file(w, marker=0xC1)
    yield "no_huffman_tables.jpg", file(writer(43, 37, (2, 2), one, one), huffman=False)
    yield "flat_code.jpg", file(writer(43, 37, (2, 1), one, one, codes=(DC_LUMA, FLAT)))
    yield "tables_16_bit.jpg", file(w, wide=True, marker=0xC1)
    yield "tables_large.jpg", file(writer(43, 37, one, one, one, tables=([300] * 64, [1000] * 64)), marker=0xC1)

    def extreme(blocks):
        values = noise(9, sum(b.size for b in blocks) * 2).astype(int).reshape(-1, 2)
        start = 0
        for b in blocks:
            part = values[start:start + b.size]
            start += b.size
            wild = (part[:, 0] - 128) * 8 * (part[:, 1] < 40)
            b[...] = np.clip(wild, -1023, 1023).reshape(b.shape)
            b[..., 0] = np.clip(b[..., 0], -800, 800)

    yield "extreme.jpg", file(writer(32, 32, one, one, one, coefficients=extreme, tables=([1] * 64, [3] * 64)))
    comment = segment(0xFE, b"a comment") + segment(0xEF, bytes(70)) + b"\xff\xff\xff" + segment(0xFE, b"")[1:]
    yield "filled.jpg", file(w, head=JFIF + comment)
    yield "trailing.jpg", file(w) + b"what follows the end\xff\xd8\xff"
    yield "no_end.jpg", file(w)[:-2] + b"\0\0\0\0\0\0\0\0"


def progressive():
    one = (1, 1)
    codes = (DC_LUMA, FLAT)
    everything = [([0, 1, 2], 0, 0, 0, 1)]
    for c in range(3):
        everything += [([c], 1, 5, 0, 2), ([c], 6, 63, 0, 2), ([c], 1, 63, 2, 1)]
    everything += [([0, 1, 2], 0, 0, 1, 0)] + [([c], 1, 63, 1, 0) for c in range(3)]
    spectral = [([0, 1, 2], 0, 0, 0, 0)] + [([c], a, b, 0, 0) for c in range(3) for a, b in ((1, 1), (2, 20), (21, 63))]
    apart = [([c], 0, 0, 0, 0) for c in range(3)] + [([c], 1, 63, 0, 0) for c in range(3)]
    deep = [([c], 0, 0, 0, 3) for c in range(3)] + [([c], 1, 63, 0, 3) for c in range(3)]
    for bit in (2, 1, 0):
        deep += [([c], 0, 0, bit + 1, bit) for c in range(3)] + [([c], 1, 63, bit + 1, bit) for c in range(3)]
    for name, scans in {"all": everything, "spectral": spectral, "apart": apart, "deep": deep}.items():
        w = writer(43, 37, (2, 2), one, one, codes=codes)
        yield f"progressive_{name}.jpg", file(w, marker=0xC2, scans=scans)
        if name != "spectral":
            yield f"progressive_{name}_restart.jpg", file(w, marker=0xC2, scans=scans, restart=5)
    yield "progressive_411.jpg", file(writer(37, 43, (4, 1), one, one, codes=codes), marker=0xC2, scans=everything)
    smooth = writer(120, 60, (2, 1), one, one, codes=codes, tables=([200] * 64, [250] * 64))
    yield "progressive_runs.jpg", file(smooth, marker=0xC2, scans=everything)
    twice = [([0, 1, 2], 0, 0, 0, 0), ([0], 1, 63, 0, 0), ([0], 1, 63, 0, 0), ([1], 1, 63, 0, 0), ([2], 1, 63, 0, 0)]
    yield "progressive_twice.jpg", file(writer(43, 37, (2, 2), one, one, codes=codes), marker=0xC2, scans=twice)
    yield "progressive_ycck.jpg", file(
        writer(21, 19, one, one, one, one, codes=codes), head=adobe(2), marker=0xC2,
        scans=[([0, 1, 2, 3], 0, 0, 0, 0)] + [([c], 1, 63, 0, 0) for c in range(4)])


def damaged():
    """What libjpeg warns of and decodes."""
    one = (1, 1)
    w = writer(43, 37, (2, 2), one, one)
    head = SOI + JFIF + w.quantisation() + w.frame() + w.huffman()
    members = [0, 1, 2]
    parts = w.scan(members, restart=1)
    restarting = head + segment(0xDD, b"\0\1") + w.scan_header(members)
    yield "stray_bytes.jpg", SOI + JFIF + b"stray" + file(w)[2:]
    yield "stray_before_restart.jpg", restarting + joined([parts[0] + b"stray bytes"] + parts[1:]) + EOI
    yield "restart_missing.jpg", restarting + joined(parts[:3]) + b"\xff\xd3" + joined(parts[4:], 4) + EOI
    yield "restart_doubled.jpg", restarting + joined(parts[:3]) + b"\xff\xd1" + joined(parts[2:], 2) + EOI
    yield "restart_wrong.jpg", restarting + joined(parts[:2]) + b"\xff\xd5" + joined(parts[2:], 2) + EOI
    yield "restart_none.jpg", restarting + b"".join(parts[:3]) + EOI
    entropy = joined(w.scan(members))
    yield "data_ends.jpg", head + w.scan_header(members) + entropy[:len(entropy) // 2] + EOI
    yield "data_ends_restart.jpg", restarting + joined(parts[:5]) + EOI
    yield "data_with_marker.jpg", head + w.scan_header(members) + entropy[:400] + b"\xff\xd0" + entropy[400:] + EOI
    yield "bad_codes.jpg", head + w.scan_header(members) + entropy[:300] + b"\xff\0" * 12 + entropy[300:] + EOI
    yield "not_sequential.jpg", head + w.scan_header(members, 0, 0) + entropy + EOI
    incomplete = {
        "dc": [([0, 1, 2], 0, 0, 0, 0)], "dc_coarse": [([0, 1, 2], 0, 0, 0, 2)],
        "some": [([0, 1, 2], 0, 0, 0, 0), ([0], 1, 2, 0, 0), ([1], 1, 63, 0, 0)],
        "bits": [([0, 1, 2], 0, 0, 0, 1)] + [([c], 1, 63, 0, 2) for c in range(3)],
        "apart": [([c], 0, 0, 0, 0) for c in range(3)] + [([c], 1, 5, 0, 1) for c in range(3)],
    }
    for name, some in incomplete.items():
        for width, height, sampling in ((43, 37, (2, 2)), (34, 50, (1, 2)), (17, 20, (2, 2)), (33, 24, (1, 1))):
            part = writer(width, height, sampling, one, one, codes=(DC_LUMA, FLAT))
            yield f"incomplete_{name}_{width}x{height}.jpg", file(part, marker=0xC2, scans=some)
    last = file(writer(50, 70, (1, 2), one, one, codes=(DC_LUMA, FLAT)), marker=0xC2, scans=incomplete["bits"])
    yield "incomplete_last_scan.jpg", last[:-200] + EOI


def oriented():
    tiff = lambda order, value: (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(
        order + "IHHHIHHI", 8, 1, 0x112, 3, 1, value, 0, 0)
    for value in range(1, 9):
        out = io.BytesIO()
        image(5, 3).save(out, "JPEG", optimize=True, quality=60, exif=b"Exif\0\0" + tiff("<>"[value % 2], value))
        yield f"orientation_{value}.jpg", out.getvalue()


def main():
    folder = FIXTURES / "jpeg"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    lines = []
    for kind in (written_by_pillow, samplings, colours, structures, progressive, damaged, oriented):
        for name, data in kind():
            (folder / name).write_bytes(data)
            with Image.open(io.BytesIO(data)) as opened:
                rgb = opened.convert("RGB")
                upright = ImageOps.exif_transpose(opened).convert("RGB")
                entry = {"name": name, "width": rgb.width, "height": rgb.height, "crc": zlib.crc32(rgb.tobytes()),
                         "orientation": opened.getexif().get(0x112), "upright": zlib.crc32(upright.tobytes()),
                         "warns": kind is damaged or "guessed" in name}
            lines.append(json.dumps(entry))
    (FIXTURES / "jpeg.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
