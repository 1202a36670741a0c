"""The other engines, each behind the same two calls: `step()` computes the answer, `logits()` reads it, a row for each image,
in which several outputs follow one another. Each is used the way that costs it least: memory is bound once, and a step goes
straight to its C++.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass
class Ready:
    step: Callable[[], object]
    logits: Callable[[], np.ndarray]


def side_by_side(outputs: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.array(output).reshape(len(output), -1) for output in outputs], 1)


def onnxruntime(model: pathlib.Path, x: np.ndarray, threads: int) -> Ready:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input(session.get_inputs()[0].name, x)
    answers = []
    for output in session.get_outputs():
        answers.append(ort.OrtValue.ortvalue_from_shape_and_type(output.shape, np.float32, "cpu"))
        binding.bind_ortvalue_output(output.name, answers[-1])
    return Ready(lambda: session.run_with_iobinding(binding), lambda: side_by_side([y.numpy() for y in answers]))


def openvino(model: pathlib.Path, x: np.ndarray, threads: int, precision: str = "f32") -> Ready:
    import openvino as ov

    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        # Its own choice is bf16 where the processor has it.
        "INFERENCE_PRECISION_HINT": precision,
    }
    request = ov.Core().compile_model(str(model), "CPU", settings).create_infer_request()
    request.set_input_tensor(ov.Tensor(x, shared_memory=True))
    # Without arguments nothing is copied in, with shared outputs nothing is copied out.
    return Ready(lambda: request.infer(share_outputs=True), lambda: side_by_side([y.data for y in request.output_tensors]))


def ncnn(model: pathlib.Path, x: np.ndarray, threads: int) -> Ready:
    """It has no batches: the images of one are computed in turn."""
    import ncnn as engine

    net = engine.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    for load, suffix in ((net.load_param, ".ncnn.param"), (net.load_model, ".ncnn.bin")):
        if load(str(model.with_suffix(suffix))) != 0:
            raise RuntimeError(f"it cannot load {model.with_suffix(suffix).name}")
    images = [engine.Mat(image) for image in x]
    answers: list = []
    outputs = [f"out{index}" for index in range(len(net.output_names()))]

    def step() -> None:
        answers.clear()
        for image in images:
            extractor = net.create_extractor()
            # Its status is not 0 where a layer could not run; no exception says so.
            status = extractor.input("in0", image)
            for name in outputs:
                status, answer = extractor.extract(name) if status == 0 else (status, None)
                if status != 0:
                    raise RuntimeError(f"it stopped with status {status}")
                answers.append(answer)

    return Ready(step, lambda: np.concatenate([np.array(answer).reshape(-1) for answer in answers]).reshape(len(images), -1))


ENGINES: dict[str, Callable[[pathlib.Path, np.ndarray, int], Ready]] = {
    "ort": onnxruntime,
    "openvino": openvino,
    "openvino_bf16": functools.partial(openvino, precision="bf16"),
    "ncnn": ncnn,
}
TITLES = {"ort": "ONNX Runtime", "openvino": "OpenVINO", "openvino_bf16": "OpenVINO, bfloat16", "ncnn": "ncnn"}
# The package that each is, for its version.
DISTRIBUTIONS = {"ort": "onnxruntime", "openvino": "openvino", "openvino_bf16": "openvino", "ncnn": "ncnn"}


def environment(threads: int) -> dict[str, str]:
    """What an engine's process finds in the environment; `hold.py` has more where it is to be held to AVX2."""
    return {"OMP_NUM_THREADS": str(threads)}
