"""Holds a wheel of models/digits20.rn against PyTorch's stored answers, and hands it whatever it must refuse.

`python check_digits.py FIXTURE FOLDER`: Tests/Fixtures/digits.safetensors, and the folder of the generated sources.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import digits20
import numpy as np
from digits20 import Error, ErrorCode, Model
from numpy.typing import NDArray
from PIL import Image

FIXTURE, FOLDER = (Path(argument) for argument in sys.argv[1:3])


def fixture(name: str, dtype: str) -> NDArray[Any]:
    """A tensor of a safetensors file."""
    data = FIXTURE.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:start])[name]
    begin, end = entry["data_offsets"]
    return np.frombuffer(data[start + begin : start + end], dtype).reshape(entry["shape"])


LOGITS = fixture("logits", "<f4")
IMAGES = np.stack([digits20.preprocess(Image.fromarray(image)) for image in fixture("images", "u1")])
RUNNING = [name for name in digits20.INSTRUCTION_SETS if (FOLDER / f"digits20.{name}.packed").exists()]


def packed(isa: str = "portable") -> Path:
    return FOLDER / f"digits20.{isa}.packed"


def running() -> list[str]:
    """The instruction sets of this machine."""
    names = []
    for name in RUNNING:
        try:
            Model(packed(name)).close()
            names.append(name)
        except Error as error:
            assert error.code is ErrorCode.ISA, error
    return names


class Answers(unittest.TestCase):
    def test_logits_are_those_of_pytorch(self) -> None:
        self.assertIn("portable", running())
        for isa in running():
            for threads in (1, 2, 3):
                with Model(packed(isa), threads=threads) as model:
                    logits = model(IMAGES)
                self.assertEqual((logits.shape, logits.dtype, model.__class__), ((450, 10), np.float32, Model))
                worst = np.abs(logits - LOGITS).max() / np.abs(LOGITS).max()
                self.assertLess(worst, 1e-4, f"{isa}, {threads} threads")
                right = int((logits.argmax(1) == fixture("labels", "u1")).sum())
                self.assertEqual(right, 446)
                print(f"digits, {isa}, {threads} threads: {right} of 450 right; logits within {worst:.1e}")

    def test_shipped_weights_are_the_best_that_run(self) -> None:
        model = Model()
        self.assertEqual(model.isa, running()[0])
        for isa in running():
            self.assertEqual(Model(isa=isa).isa, isa)
        self.assertEqual(repr(model), f"<digits20.Model isa='{model.isa}', threads=1>")

    def test_any_number_of_images_in_any_order_of_memory(self) -> None:
        model = Model(threads=2)
        logits = model(IMAGES)
        for count in (0, 1, 7):
            self.assertEqual(model(IMAGES[:count]).tobytes(), logits[:count].tobytes())
        self.assertEqual(model(IMAGES[::-3]).tobytes(), logits[::-3].tobytes())
        self.assertEqual(model(np.asfortranarray(IMAGES[:5])).tobytes(), logits[:5].tobytes())
        odd = np.frombuffer(b"\0" + IMAGES[:2].tobytes(), np.float32, offset=1).reshape(2, 3, 32, 32)
        self.assertEqual(model(odd).tobytes(), logits[:2].tobytes())
        frozen = IMAGES[:3].copy()
        frozen.flags.writeable = False
        self.assertEqual(model(frozen).tobytes(), logits[:3].tobytes())
        out = np.full((450, 10), np.nan, np.float32)
        self.assertIs(model(IMAGES, out=out), out)
        self.assertEqual(out.tobytes(), logits.tobytes())

    def test_classify_is_softmax(self) -> None:
        powers = np.exp(LOGITS.astype(np.float64))
        expected = powers / powers.sum(1, keepdims=True)
        answers = Model().classify(IMAGES, top=3)
        self.assertEqual(len(answers), 450)
        for row, predictions in zip(expected, answers, strict=True):
            self.assertEqual(len(predictions), 3)
            self.assertEqual(predictions[0].index, row.argmax())
            self.assertEqual(predictions[0].label, str(row.argmax()))
            for prediction in predictions:
                self.assertAlmostEqual(prediction.probability, row[prediction.index], delta=1e-3)
        self.assertEqual(len(Model().classify(IMAGES[:1], top=99)[0]), 10)
        with self.assertRaisesRegex(ValueError, "top is 0"):
            Model().classify(IMAGES[:1], top=0)

    def test_weights_come_as_files_and_as_bytes(self) -> None:
        data = packed().read_bytes()
        logits = Model(packed())(IMAGES[:9]).tobytes()
        memory = np.frombuffer(bytearray(len(data) + 64), np.uint8)
        for weights in (str(packed()), data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
            self.assertEqual(Model(weights)(IMAGES[:9]).tobytes(), logits)
        for shift in range(64):
            memory[shift : shift + len(data)] = np.frombuffer(data, np.uint8)
            self.assertEqual(Model(memory[shift : shift + len(data)], check=True)(IMAGES[:9]).tobytes(), logits)


class Sharing(unittest.TestCase):
    def test_threads_share_a_model(self) -> None:
        for threads in (1, 2):
            model = Model(threads=threads)
            logits = model(IMAGES)

            def part(start: int, model: Model = model, logits: digits20._engine.Floats = logits) -> bool:
                rows = slice(start, start + 5)
                return model(IMAGES[rows]).tobytes() == logits[rows].tobytes()

            with ThreadPoolExecutor(6) as pool:
                self.assertTrue(all(pool.map(part, [7 * i % 445 for i in range(300)])))

    def test_forked_processes_go_on(self) -> None:
        for threads in (1, 2):
            model = Model(threads=threads)
            logits = model(IMAGES[:9]).tobytes()
            child = os.fork()
            if child == 0:
                same = model(IMAGES[:9]).tobytes() == logits
                model.close()
                os._exit(0 if same else 1)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(model(IMAGES[:9]).tobytes(), logits)

    def test_closing_ends_threads_and_lets_calls_finish(self) -> None:
        def count() -> int:
            return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0

        def assert_all_gone() -> None:
            # A thread that was joined is listed for a moment more.
            deadline = time.monotonic() + 10
            while count() != before and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertEqual(count(), before)

        before = count()
        for _ in range(50):
            with Model(threads=3) as model:
                model(IMAGES[:1])
        for _ in range(50):
            Model(threads=3)(IMAGES[:1])
        assert_all_gone()
        model = Model(threads=2)
        logits = model(IMAGES)
        started = threading.Event()
        answers: list[bytes] = []

        def call() -> None:
            started.set()
            answers.append(model(IMAGES).tobytes())

        thread = threading.Thread(target=call)
        thread.start()
        started.wait()
        model.close()
        thread.join()
        # Either it had begun, and finished, or it came too late, which its thread says on standard error.
        self.assertIn(answers, ([logits.tobytes()], []))
        assert_all_gone()


class Refusals(unittest.TestCase):
    def refused(self, weights: Any, code: ErrorCode, **more: Any) -> None:
        with self.assertRaises(Error) as caught:
            Model(weights, **more)
        self.assertIs(caught.exception.code, code)
        self.assertGreater(len(caught.exception.message), 20)
        self.assertEqual(str(caught.exception), caught.exception.message)

    def test_wrong_weights(self) -> None:
        data = packed().read_bytes()

        def changed(at: int, byte: int | None = None) -> bytes:
            copy = bytearray(data)
            copy[at] = copy[at] ^ 1 if byte is None else byte
            return bytes(copy)

        self.refused(b"", ErrorCode.NOT_PACKED)
        self.refused(b"no weights at all", ErrorCode.NOT_PACKED)
        self.refused(FIXTURE, ErrorCode.NOT_PACKED)
        self.refused(data[:100], ErrorCode.SIZE)
        self.refused(data[:-4], ErrorCode.SIZE)
        self.refused(data + b"\0", ErrorCode.SIZE)
        self.refused(changed(100), ErrorCode.HEADER_DAMAGED)
        self.refused(changed(16, 9), ErrorCode.FORMAT_VERSION)
        self.refused(changed(len(data) - 1), ErrorCode.WEIGHTS_DAMAGED, check=True)
        with tempfile.TemporaryDirectory() as folder:
            empty = Path(folder) / "empty"
            empty.write_bytes(b"")
            self.refused(empty, ErrorCode.NOT_PACKED)
            with self.assertRaises(FileNotFoundError):
                Model(Path(folder) / "missing")
            with self.assertRaises(IsADirectoryError):
                Model(folder)
        for strange in set(RUNNING) - set(running()):
            self.refused(packed(strange), ErrorCode.ISA)
        for odd in (7, ["weights"], 1.5):
            with self.assertRaisesRegex(TypeError, "weights are a path"):
                Model(odd)  # type: ignore[arg-type]
        with self.assertRaisesRegex(ValueError, "one after another"):
            Model(np.frombuffer(data, np.uint8)[::2])

    def test_wrong_settings(self) -> None:
        for threads in (0, -1, 257, 1 << 40):
            self.refused(packed(), ErrorCode.THREADS, threads=threads)
        for odd in (1.5, "2", None):
            with self.assertRaises(TypeError):
                Model(packed(), threads=odd)  # type: ignore[arg-type]
        with self.assertRaisesRegex(ValueError, "no instruction set 'sse'"):
            Model(packed(), isa="sse")
        with self.assertRaisesRegex(ValueError, "packed for portable"):
            Model(packed(), isa=digits20.INSTRUCTION_SETS[0])

    def test_wrong_images(self) -> None:
        model = Model()
        cases: list[tuple[Any, type[Exception], str]] = [
            ([[1.0]], TypeError, "not list"),
            (None, TypeError, "not NoneType"),
            (IMAGES.astype(np.float64), TypeError, "float64"),
            (IMAGES.astype(">f4"), TypeError, "byte order"),
            (IMAGES[0], ValueError, "images\\[None\\]"),
            (IMAGES.reshape(450, -1), ValueError, "not \\(n, 3, 32, 32\\)"),
            (IMAGES[:, :, :31], ValueError, "not \\(n, 3, 32, 32\\)"),
            (IMAGES.transpose(0, 2, 3, 1), ValueError, "not \\(n, 3, 32, 32\\)"),
            (np.float32(1), TypeError, "not float32"),
        ]
        for images, kind, message in cases:
            with self.assertRaisesRegex(kind, message):
                model(images)

    def test_wrong_room_for_outputs(self) -> None:
        model = Model()
        frozen = np.zeros((2, 10), np.float32)
        frozen.flags.writeable = False
        shared = np.zeros(2 * 3 * 32 * 32 + 20, np.float32)
        images = shared[: 2 * 3 * 32 * 32].reshape(2, 3, 32, 32)
        cases: list[tuple[Any, type[Exception], str]] = [
            ([0.0] * 20, TypeError, "not list"),
            (np.zeros((2, 10)), TypeError, "not float64"),
            (np.zeros((3, 10), np.float32), ValueError, "has shape"),
            (np.zeros(20, np.float32), ValueError, "has shape"),
            (frozen, ValueError, "writeable"),
            (np.zeros((2, 20), np.float32)[:, ::2], ValueError, "C-contiguous"),
            (shared[:20].reshape(2, 10), ValueError, "overlaps"),
        ]
        for out, kind, message in cases:
            with self.assertRaisesRegex(kind, message):
                model(images, out=out)
        self.assertEqual(model(images, out=shared[-20:].reshape(2, 10)).shape, (2, 10))

    def test_closed(self) -> None:
        model = Model()
        model.close()
        model.close()
        self.assertEqual(repr(model), "<digits20.Model closed>")
        for use in (lambda: model(IMAGES), lambda: model.classify(IMAGES), lambda: model.isa, lambda: model.threads):
            with self.assertRaisesRegex(ValueError, "closed"):
                use()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
