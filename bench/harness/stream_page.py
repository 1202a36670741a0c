"""The part of RESULTS.md about many images: one line for each network, with the peer's fastest way."""

from .targets import STREAM
from .tables import ISAS, table_head


def rates(engines: dict[str, dict]) -> tuple[float, float, str]:
    """By best and by median, ours over the fastest way of the peer's, and what that is."""
    ours = engines["ours"]
    ways = {name: engine for name, engine in engines.items() if name != "ours" and "median" in engine}
    best, median = (max(engine[key] for engine in ways.values()) for key in ("best", "median"))
    return ours["best"] / best, ours["median"] / median, max(ways, key=lambda name: ways[name]["best"])


def streams(rows: list[dict]) -> str:
    lines = [
        "### From JPEG files to labels\n",
        "Images a second, best / median of the rounds: `NAME classify FOLDER`, the whole process, against Pillow, which "
        "decodes and resizes, and OpenVINO, put together in each way that `harness/stream_worker.py` knows, of which the "
        "fastest is shown; its imports, and loading its model, are left out. Each on as many cores as threads, after all "
        "gave the same labels.\n",
        *table_head(["network", "threads", "ours", "Pillow and OpenVINO", "their way", "ratio", "target"], left=1),
    ]
    for row in sorted(rows, key=lambda row: (row["network"], row["batch"], row["threads"], row["isa"])):
        engines = row["engines"]
        best, median, way = rates(engines)
        batch = f", batch {row['batch']}" if row["batch"] > 1 else ""
        cells = [f"{row['network']}{batch}, {ISAS.get(row['isa'], row['isa'])}", str(row["threads"])]
        cells += [f"{engines[name]['best']:.1f} / {engines[name]['median']:.1f}" for name in ("ours", way)]
        cells += [way, f"**{best:.2f}** ({median:.2f})", f"{STREAM:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
