"""What `bench/run` and `bench/start` have in common on the command line, and the command to print for both."""

import argparse
import pathlib
import shlex
from collections.abc import Callable

from .machine import processor
from .package import Source
from .paths import ROOT
from .peers import ENGINES

# What does not change what is measured stays out of the printed command.
SILENT = {"under", "build_only", "no_build", "fresh", "no_record"}


def numbers(text: str) -> list[int]:
    """`1,2`; for argparse."""
    result = [int(word) for word in text.split(",")]
    if not result or min(result) < 1:
        raise ValueError
    return result


def names(text: str) -> list[str]:
    """`ort,openvino`; for argparse."""
    result = [word for word in text.split(",") if word]
    unknown = [word for word in result if word not in ENGINES]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown peer {unknown[0]}; there are {', '.join(ENGINES)}")
    return result


def positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 3600:
        raise ValueError
    return number


def parser(description: str, peers: str) -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument(
        "models", nargs="+", metavar="MODEL", help="a .rn file; FILE:n=18 sets a parameter, FILE:50 picks a variant")
    result.add_argument("--variant", help="the variant of every model")
    result.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of every model")
    result.add_argument("--threads", type=numbers, default=[1], help="thread counts, with commas (default: 1)")
    result.add_argument(
        "--peers", type=names, default=names(peers), help=f"engines to measure against, with commas (default: {peers})")
    result.add_argument(
        "--isa", help="our kernels' instruction set; to avx2 and avxvnni the peers are held as well (default: best)")
    result.add_argument(
        "--under", type=shlex.split, default=[], metavar="COMMAND",
        help="put this before every process that is timed, such as 'taskset -c 0,1'")
    result.add_argument("--build-only", action="store_true", help="make and build everything, measure nothing")
    result.add_argument("--no-build", action="store_true", help="measure what was built before")
    result.add_argument("--fresh", action="store_true", help="forget the results of other runs")
    result.add_argument("--no-record", action="store_true", help="leave results.json and RESULTS.md alone")
    return result


def add_precision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--precision", choices=["float32", "float16", "int8"], default="float32",
        help="our number type; with int8 the peers compute the same quantised network (default: float32)")


def taking_part(arguments: argparse.Namespace, say: Callable[[str], None]) -> list[str]:
    """The engines to measure against: in 16-bit floats OpenVINO in bfloat16 as well, where the processor multiplies that; in
    whole numbers not ncnn, which reads no network that others read, too."""
    if arguments.precision == "float16" and "openvino" in arguments.peers and "avx512_bf16" in processor()[1]:
        return [*arguments.peers, "openvino_bf16"]
    if arguments.precision != "int8" or "ncnn" not in arguments.peers:
        return arguments.peers
    say("ncnn takes no part: it has its own files of whole numbers, and cannot be given the others' network")
    return [name for name in arguments.peers if name != "ncnn"]


def sources(arguments: argparse.Namespace) -> list[Source]:
    return [Source.parse(text, arguments.variant, arguments.set) for text in arguments.models]


def command(program: str, arguments: argparse.Namespace, parser: argparse.ArgumentParser, model: str) -> str:
    """The command that measures one of the models again, from the root of the repository."""
    path, colon, choice = model.partition(":")
    full = pathlib.Path(path).resolve()
    shown = full.relative_to(ROOT).as_posix() if full.is_relative_to(ROOT) else full.name
    words = [f"bench/{program}", shown + colon + choice]
    for name, value in vars(arguments).items():
        if name in SILENT | {"models"} or value == parser.get_default(name) or not value:
            continue
        for item in value if name == "set" else [value]:
            words += [f"--{name}"] if item is True else [f"--{name}", spelled(item)]
    return shlex.join(words)


def spelled(value) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
