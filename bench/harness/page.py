"""RESULTS.md: tables for people. Times are best / median; a ratio above 1 says that ours is faster."""

from . import stream_page, targets
from .hold import LEVELS
from .peers import TITLES
from .tables import ISAS, table_head

INTRODUCTION = """# Results

Milliseconds for one call, best / median: each engine in a process of its own, one at a time, in turns, after all of them
gave the same logits; in 32-bit floats, but for the tables that say otherwise. The ratio is the time of the fastest peer
divided by ours, by best calls and, in brackets, by medians. A tuned network is computed as `resnetc tune` found fastest on
the machine, the others as the compiler chooses by itself. `bench/README.md` says how to measure again; this page is made of
`results.json`.
"""


def render(machines: list[dict]) -> str:
    """Of each machine its description and its tables."""
    parts = [INTRODUCTION]
    for entry in machines:
        rows = sorted(entry["rows"], key=targets.order)
        parts.append(describe(entry["machine"], entry["versions"]))
        for precision, isa in dict.fromkeys((row["precision"], row["isa"]) for row in rows):
            alike = [row for row in rows if (row["precision"], row["isa"]) == (precision, isa)]
            parts.append(timings(precision, isa, alike, entry["machine"]))
        if entry["starts"]:
            parts.append(first_answers(entry["starts"]))
        if entry.get("streams"):
            parts.append(stream_page.streams(entry["streams"]))
    kinds = ("rows", "starts", "streams")
    parts.append(commands([row for entry in machines for kind in kinds for row in entry.get(kind, [])]))
    return "\n".join(parts)


def ratios(engines: dict[str, dict], isa: str, flags: list[str]) -> tuple[float, float] | None:
    """By best and by median: the fastest peer that counts, over ours."""
    ours = engines["ours"]
    peers = [engine for name, engine in engines.items() if name != "ours" and counts(engine, isa, flags)]
    if not peers:
        return None
    return tuple(min(peer[key] for peer in peers) / ours[key] for key in ("best_ms", "median_ms"))


def counts(engine: dict, isa: str, flags: list[str]) -> bool:
    return "failure" not in engine and not is_free(engine, isa, flags)


def is_free(engine: dict, isa: str, flags: list[str]) -> bool:
    """Whether it used AVX-512 where ours did not: it was measured before it could be held."""
    return isa in LEVELS and "avx512f" in flags and "held" not in engine


def describe(machine: dict, versions: dict[str, str]) -> str:
    peak = machine.get("peak_gflops")
    facts = [f"{machine['cores']} cores, {machine['system']}", ", ".join(machine["flags"])]
    if machine.get("caches"):
        facts.append("caches of " + ", ".join(machine["caches"]))
    if peak:
        facts.append(f"{peak:.0f} GFLOP/s measured for one core with fused multiply-adds in registers")
    others = [f"{figure:.0f} by {name}" for name, figure in list(machine.get("peaks", {}).items())[1:]]
    if others:
        facts.append(f"of other kinds, in billions of operations a second: {', '.join(others)}")
    lines = [
        f"## {machine['processor']}\n",
        "- Machine: " + "; ".join(facts),
        "- Versions: " + ", ".join(f"{name} {version}" for name, version in versions.items()),
    ]
    return "\n".join(lines) + "\n"


# What a table's title says of our number type, and what stands above the table.
TYPES = {
    "float32": ("", ""),
    "float16": (", 16-bit floats", "Ours in 16-bit floats, the others in 32-bit ones."),
    "int8": (", int8", "All engines compute one quantised network, from the same scales and integers, and round at places of "
             "their own. Peaks of one core: {peaks}."),
}  # fmt: skip


def timings(precision: str, isa: str, rows: list[dict], machine: dict) -> str:
    flags = machine["flags"]
    kind, words = TYPES[precision]
    integers = [f"{figure:.0f} GOP/s by {name}" for name, figure in machine.get("peaks", {}).items() if "int" in name]
    words = words.format(peaks=", ".join(integers) or "not measured")
    peers = [name for name in TITLES if any(name in row["engines"] for row in rows)]
    held = f" (the peers held to {LEVELS[isa].title}, too)" if isa in LEVELS and "avx512f" in flags else ""
    head = ["network", "batch", "threads", "ours", *(TITLES[name] for name in peers), "ratio", "target"]
    lines = [f"### {ISAS.get(isa, isa)}{kind}{held}\n", *([words + "\n"] if words else []), *table_head(head, left=1)]
    notes, free = [], set()
    for row in rows:
        engines = row["engines"]
        title = row["network"] + (", tuned" if row.get("tuned") else "")
        cells = [title, str(row["batch"]), str(row["threads"]), times(engines["ours"])]
        for name in peers:
            engine = engines.get(name)
            cells.append("" if engine is None else times(engine) if counts(engine, isa, flags) else "does not count")
            if engine and "failure" in engine:
                where = f"{title}, batch {row['batch']}, {row['threads']} thread(s)"
                notes.append(f"- {TITLES[name]}, {where}: {engine['failure']}")
            elif engine and is_free(engine, isa, flags):
                free.add(TITLES[name])
        target = targets.ratio(row["network"], precision, row["batch"], row["threads"], row["isa"])
        pair = ratios(engines, isa, flags)
        cells.append(f"**{pair[0]:.2f}** ({pair[1]:.2f})" if pair else "")
        cells.append(f"{target:.2f}" if target else "")
        lines.append("| " + " | ".join(cells) + " |")
    if free:
        notes.append(f"- {', '.join(sorted(free))}: does not count where it ran with AVX-512, before it could be held to "
                     f"{LEVELS[isa].title}. The ratio is to those that were held.")  # fmt: skip
    return "\n".join(lines + ([""] + notes if notes else [])) + "\n"


def first_answers(starts: list[dict]) -> str:
    lines = [
        "### From nothing to the first answer\n",
        "Milliseconds, best / median, and peak resident memory, page cache warm. Ours is the whole process, from its "
        "start to its end: a packed weights file is mapped, an image computed, its logits written. The peers' time is "
        "counted inside a Python process, after its imports, from loading the ONNX file to its first answer; their "
        "memory is the process's, of which the imports take what stands in brackets.\n",
        *table_head(["network", "threads", "engine", "ms", "MB", "target"], left=3),
    ]
    order = ("network", "precision", "threads", "isa")
    for row in sorted(starts, key=lambda row: [row[key] for key in order]):
        network = row["network"] + TYPES[row["precision"]][0]
        goal = targets.FIRST_ANSWER.get((row["network"], row["precision"])) if row["threads"] == 1 else None
        for name, engine in row["engines"].items():
            title = f"ours, {ISAS.get(row['isa'], row['isa'])}, {row['weights']}" if name == "ours" else TITLES[name]
            memory = f"{engine['peak_mb']:.0f}"
            memory += f" ({engine['imports_mb']:.0f})" if "imports_mb" in engine else ""
            target = f"{goal[0]} ms" + (f", {goal[1]} MB" if goal[1] else "") if goal and name == "ours" else ""
            cells = [network, str(row["threads"]), title, times(engine), memory, target]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def commands(rows: list[dict]) -> str:
    lines = sorted({row["command"] for row in rows})
    return "## Commands\n\n```\n" + "\n".join(lines) + "\n```\n"


def times(engine: dict) -> str:
    return f"{short(engine['best_ms'])} / {short(engine['median_ms'])}"


def short(milliseconds: float) -> str:
    """Three digits that matter."""
    return f"{milliseconds:.{2 if milliseconds >= 10 else 3}f}" if milliseconds < 100 else f"{milliseconds:.1f}"
