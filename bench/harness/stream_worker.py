"""Pillow and OpenVINO over a folder of JPEG files, in one of the ways in which the two can be put together. Prints one line
of JSON: the seconds from the first file to the last answer, without imports, without loading the model. `stream.py` starts
it; nobody else needs to.

- `processes`: as many processes as cores, each of which reads, decodes, resizes and computes by itself.
- `threads`: as many threads in one process, for each of which OpenVINO has a stream; Pillow and OpenVINO both let go of
  Python's lock while they work.
- `queue`: threads decode, OpenVINO's asynchronous queue computes behind them, with its hint for throughput.
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import pathlib
import queue
import sys
import threading
import time

import numpy as np
import openvino as ov

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import pipeline  # noqa: E402

WAYS = ["processes", "threads", "queue"]
WARM_UP = 8


def compiled(model: pathlib.Path, settings: dict) -> ov.CompiledModel:
    """With the bytes of pixels as its input: scale, mean and order of channels become a part of the network."""
    core = ov.Core()
    network = core.read_model(str(model))
    steps = ov.preprocess.PrePostProcessor(network)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    steps.input().preprocess().mean([255 * part for part in pipeline.MEAN]).scale([255 * part for part in pipeline.STD])
    # Its own choice is bf16 where the processor has it.
    return core.compile_model(steps.build(), "CPU", settings | {"INFERENCE_PRECISION_HINT": "f32"})


class Lane:
    """A request and its batch: takes files one by one, computes whenever the batch is full."""

    def __init__(self, model: ov.CompiledModel, batch: int, scores: np.ndarray):
        self.request, self.scores = model.create_infer_request(), scores
        self.pixels = np.zeros((batch, pipeline.CROP, pipeline.CROP, 3), np.uint8)
        self.request.set_input_tensor(ov.Tensor(self.pixels, shared_memory=True))
        self.places: list[int] = []

    def add(self, index: int, path: str) -> None:
        self.pixels[len(self.places)] = pipeline.prepared(path)
        self.places.append(index)
        if len(self.places) == len(self.pixels):
            self.compute()

    def compute(self) -> None:
        if self.places:
            self.request.infer(share_outputs=True)
            self.scores[self.places] = self.request.get_output_tensor().data[: len(self.places)]
            self.places.clear()


def lanes(model: ov.CompiledModel, paths: list[str], threads: int, batch: int, scores: np.ndarray) -> float:
    """`threads`: each thread takes the next file."""
    all_lanes = [Lane(model, batch, scores) for _ in range(threads)]
    for lane in all_lanes:
        for index in range(min(WARM_UP, len(paths))):
            lane.add(index, paths[index])
        lane.compute()
    files: queue.SimpleQueue = queue.SimpleQueue()
    for pair in enumerate(paths):
        files.put(pair)

    def work(lane: Lane) -> None:
        while True:
            try:
                lane.add(*files.get_nowait())
            except queue.Empty:
                lane.compute()
                return

    before = time.perf_counter()
    workers = [threading.Thread(target=work, args=(lane,)) for lane in all_lanes[1:]]
    for worker in workers:
        worker.start()
    work(all_lanes[0])
    for worker in workers:
        worker.join()
    return time.perf_counter() - before


def queued(model: ov.CompiledModel, paths: list[str], threads: int, batch: int, scores: np.ndarray) -> float:
    """`queue`: decoding ahead of an asynchronous queue, which never waits for Python."""
    jobs = ov.AsyncInferQueue(model)

    def store(request: ov.InferRequest, places: list[int]) -> None:
        scores[places] = request.get_output_tensor().data[: len(places)]

    jobs.set_callback(store)

    def compute(files: list[tuple[int, str]], pool: concurrent.futures.Executor) -> None:
        pixels, places = [], []
        for index, picture in zip((index for index, _ in files), pool.map(pipeline.prepared, (path for _, path in files))):
            pixels.append(picture)
            places.append(index)
            if len(places) == batch or index == files[-1][0]:
                pixels += [np.zeros_like(picture)] * (batch - len(pixels))
                jobs.start_async({0: np.stack(pixels)}, list(places))
                pixels, places = [], []
        jobs.wait_all()

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        compute(list(enumerate(paths[:WARM_UP])), pool)
        before = time.perf_counter()
        compute(list(enumerate(paths)), pool)
        return time.perf_counter() - before


def process(model: pathlib.Path, paths: list[str], part: slice, batch: int, gate, answers) -> None:
    """One of `processes`; `gate` opens when all have loaded."""
    own = list(enumerate(paths))[part]
    scores: np.ndarray | None = None
    # Pinned, every process would have the same core.
    with_streams = compiled(model, {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False})
    scores = np.zeros((len(paths), int(np.prod(with_streams.output(0).shape[1:]))), np.float32)
    lane = Lane(with_streams, batch, scores)
    for index, path in own[:WARM_UP]:
        lane.add(index, path)
    lane.compute()
    gate.wait()
    begun = time.perf_counter()
    for index, path in own:
        lane.add(index, path)
    lane.compute()
    # The clock is the system's, the same for all processes.
    answers.put((begun, time.perf_counter(), part.start, scores[part]))


def processes(model: pathlib.Path, paths: list[str], threads: int, batch: int) -> tuple[float, np.ndarray]:
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(threads), context.Queue()
    parts = [slice(first, None, threads) for first in range(threads)]
    workers = [context.Process(target=process, args=(model, paths, part, batch, gate, answers)) for part in parts]
    for worker in workers:
        worker.start()
    found = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
    scores = np.zeros((len(paths), found[0][3].shape[1]), np.float32)
    for _, _, first, rows in found:
        scores[first::threads] = rows
    return max(end for _, end, _, _ in found) - min(begun for begun, _, _, _ in found), scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--scores", type=pathlib.Path)
    arguments = parser.parse_args()

    paths = sorted(str(path) for path in arguments.photos.glob("*.jpg"))
    threads, batch = arguments.threads, arguments.batch
    if arguments.way == "processes":
        seconds, scores = processes(arguments.model, paths, threads, batch)
    else:
        settings = {"INFERENCE_NUM_THREADS": threads}
        settings |= {"PERFORMANCE_HINT": "THROUGHPUT"} if arguments.way == "queue" else {"NUM_STREAMS": threads}
        model = compiled(arguments.model, settings)
        scores = np.zeros((len(paths), int(np.prod(model.output(0).shape[1:]))), np.float32)
        run = queued if arguments.way == "queue" else lanes
        seconds = run(model, paths, threads, batch, scores)
    if arguments.scores:
        np.save(arguments.scores, scores)
    print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
