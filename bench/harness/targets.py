"""What the project set out to reach, as ratios: the time of the fastest peer divided by ours, on an AVX-512 machine.
For AVX2 the peers are held to AVX2 as well; in int8 AVX-512 is meant with VNNI, AVX2 without.
"""

PRECISIONS = ["float32", "float16", "int8"]

# Number type, network, batch, instruction set: at one thread, at two.
RATIOS: dict[tuple[str, str, int, str], tuple[float, float]] = {
    ("float32", "ResNet18", 1, "avx512"): (1.9, 1.8),
    ("float32", "ResNet34", 1, "avx512"): (1.9, 1.8),
    ("float32", "ResNet50", 1, "avx512"): (1.35, 1.35),
    ("float32", "ResNet50", 8, "avx512"): (1.35, 1.35),
    ("float32", "ResNet152", 1, "avx512"): (1.25, 1.25),
    ("float32", "VGG19BN", 1, "avx512"): (1.4, 1.4),
    ("float32", "CifarResNet20", 1, "avx512"): (2.0, 1.5),
    ("float32", "CifarResNet110", 1, "avx512"): (2.0, 1.5),
    ("float32", "ResNet18", 1, "avx2"): (1.8, 1.8),
    ("float32", "ResNet50", 1, "avx2"): (1.35, 1.35),
    ("float32", "VGG19BN", 1, "avx2"): (1.8, 1.8),
    ("int8", "ResNet50", 1, "avx512"): (1.12, 1.12),
    ("int8", "ResNet18", 1, "avx512"): (1.25, 1.25),
    ("int8", "ResNet34", 1, "avx512"): (1.25, 1.25),
    ("int8", "VGG19", 1, "avx512"): (1.25, 1.25),
    ("int8", "VGG19BN", 1, "avx512"): (1.25, 1.25),
    ("int8", "MobileNetV2", 1, "avx512"): (1.15, 1.15),
    ("int8", "ResNet50", 1, "avx2"): (1.3, 1.3),
    ("int8", "ResNet18", 1, "avx2"): (1.3, 1.3),
    ("int8", "ResNet34", 1, "avx2"): (1.3, 1.3),
    ("int8", "VGG19", 1, "avx2"): (1.3, 1.3),
    ("int8", "VGG19BN", 1, "avx2"): (1.3, 1.3),
    ("int8", "MobileNetV2", 1, "avx2"): (1.3, 1.3),
    ("float16", "ResNet50", 1, "avx512"): (2.1, 2.1),
}

# Milliseconds from process start to first answer, and MB of resident memory, at one thread.
FIRST_ANSWER = {("ResNet50", "float32"): (60, 200), ("ResNet50", "float16"): (35, None), ("ResNet50", "int8"): (30, None)}

# Images a second from JPEG files to labels, as a ratio to Pillow and OpenVINO.
STREAM = 1.5


def ratio(network: str, precision: str, batch: int, threads: int, isa: str) -> float | None:
    found = RATIOS.get((precision, network, batch, isa))
    return found[threads - 1] if found and threads in (1, 2) else None


def order(row: dict) -> tuple:
    """Rows in the order above, then the others by name."""
    keys = list(RATIOS)
    key = (row["precision"], row["network"], row["batch"], row["isa"])
    place = keys.index(key) if key in keys else len(keys)
    precision = PRECISIONS.index(row["precision"])
    return (precision, row["isa"] != "avx512", row["isa"], place, key, bool(row.get("tuned")), row["threads"])
