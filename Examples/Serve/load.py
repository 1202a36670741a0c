"""Loads the server as its clients would, and holds every answer against the wheel's own, bit for bit.

Starts the server, finds out what it carries, offers four times that, kills it in the middle and starts it again. Exits
with 1 if one answer is wrong, or if it does not come back.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import logging
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import digits20
import grpc
import httpx
import kserve
import numpy as np
from numpy.typing import NDArray

NAME = "digits20"
IN_FLIGHT = 64
"""Requests that a client has open at most: more than the server takes, so that it has to refuse some."""


class Client(Protocol):
    async def logits(self, images: NDArray[np.float32]) -> NDArray[np.float32]: ...


class Refused(Exception):
    """The server said that it is overloaded."""


class Gone(Exception):
    """There is no server."""


class Rest:
    def __init__(self, port: int) -> None:
        # A client for each connection: one for all spends more time on finding one that is free than the server on
        # answers, and is what binds (160 answers a second where it were 600).
        self._free = [self._client() for _ in range(IN_FLIGHT)]
        self._url = f"http://127.0.0.1:{port}"

    @staticmethod
    def _client() -> kserve.InferenceRESTClient:
        transport = httpx.AsyncHTTPTransport(verify=False)
        return kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2", transport=transport))

    async def logits(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        client = self._free.pop()
        try:
            answer = await client.infer(self._url, request(images), model_name=NAME)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == 503:
                raise Refused from error
            raise
        except httpx.TransportError as error:
            raise Gone from error
        finally:
            self._free.append(client)
        return numbers(answer)

    async def is_ready(self) -> bool:
        try:
            return bool(await self._free[-1].is_model_ready(self._url, NAME))
        except (httpx.HTTPError, OSError):
            return False


class Grpc:
    def __init__(self, port: int) -> None:
        self._client = kserve.InferenceGRPCClient(f"127.0.0.1:{port}", retries=0)

    async def logits(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return numbers(await self._client.infer(request(images)))
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise (Refused if "too many" in (error.details() or "") else Gone) from error
            raise


def request(images: NDArray[np.float32]) -> kserve.InferRequest:
    given = kserve.InferInput("images", list(images.shape), "FP32")
    given.set_data_from_numpy(images, binary_data=True)
    return kserve.InferRequest(NAME, [given], parameters={"binary_data_output": True})


def numbers(answer: kserve.InferResponse) -> NDArray[np.float32]:
    result: NDArray[np.float32] = answer.outputs[0].as_numpy()
    return result


@dataclass
class Tally:
    """What became of requests."""

    right: int = 0
    wrong: int = 0
    refused: int = 0
    late: int = 0
    unsent: int = 0
    gone: int = 0
    failed: collections.Counter[str] = field(default_factory=collections.Counter)
    milliseconds: list[float] = field(default_factory=list)

    def line(self, seconds: float) -> dict[str, object]:
        times = sorted(self.milliseconds)
        at = {name: times[int(len(times) * part)] if times else None for name, part in (("p50", 0.5), ("p99", 0.99))}
        return {
            "answered_a_second": round(self.right / seconds, 1),
            **{name: None if value is None else round(value, 2) for name, value in at.items()},
            "right": self.right,
            "wrong": self.wrong,
            "refused": self.refused,
            "late": self.late,
            "unsent": self.unsent,
            "gone": self.gone,
            "failed": dict(self.failed),
        }


class Load:
    def __init__(self, client: Client, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        numbers = random.Random(1)
        model = digits20.Model()
        self._cases = []
        for _ in range(64):
            values = [numbers.uniform(-1, 1) for _ in range(int(np.prod(digits20.INPUT_SHAPE)))]
            images = np.array(values, np.float32).reshape(1, *digits20.INPUT_SHAPE)
            self._cases.append((images, model(images).tobytes()))
        self._turn = 0

    async def one(self, tally: Tally) -> None:
        images, expected = self._cases[self._turn % len(self._cases)]
        self._turn += 1
        start = time.perf_counter()
        try:
            async with asyncio.timeout(self._deadline):
                answer = await self._client.logits(images)
        except Refused:
            tally.refused += 1
        except TimeoutError:
            tally.late += 1
        except Gone:
            tally.gone += 1
        except Exception as error:  # What nobody expects is counted by its kind, and fails the run.
            code = error.code().name if isinstance(error, grpc.RpcError) else ""
            tally.failed[f"{type(error).__name__} {code}".rstrip()] += 1
        else:
            if answer.tobytes() == expected:
                tally.right += 1
                tally.milliseconds.append((time.perf_counter() - start) * 1e3)
            else:
                tally.wrong += 1

    async def closed(self, clients: int, seconds: float) -> tuple[Tally, float]:
        """So many clients, each of which asks again when it is answered."""
        tally = Tally()
        start = time.perf_counter()

        async def ask() -> None:
            while time.perf_counter() - start < seconds:
                await self.one(tally)

        await asyncio.gather(*(ask() for _ in range(clients)))
        return tally, time.perf_counter() - start

    async def plain(self, port: int) -> bool:
        """Whether REST answers as it should where numbers come as text, and says what is wrong with a request."""
        images, expected = self._cases[0]
        given = {"name": "images", "shape": list(images.shape), "datatype": "FP32", "data": images.ravel().tolist()}
        async with httpx.AsyncClient() as client:
            path = f"http://127.0.0.1:{port}/v2/models/{NAME}/infer"
            answer = await client.post(path, json={"inputs": [given]})
            wrong = await client.post(path, json={"inputs": [given | {"shape": [1, 3]}]})
        logits = np.array(answer.json()["outputs"][0]["data"], np.float32)
        return logits.tobytes() == expected and wrong.status_code == 400 and "not FP32 of [1, 3]" in wrong.text

    async def offered(self, rate: float, seconds: float) -> tuple[Tally, float]:
        """So many requests a second, answered or not, unless `IN_FLIGHT` of them are."""
        tally = Tally()
        tasks: set[asyncio.Task[None]] = set()
        start = time.perf_counter()
        sent = 0
        while (now := time.perf_counter() - start) < seconds:
            while sent < now * rate:
                sent += 1
                if len(tasks) >= IN_FLIGHT:
                    tally.unsent += 1
                    continue
                task = asyncio.create_task(self.one(tally))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(0.001)
        while tasks:
            await asyncio.gather(*tasks)
        return tally, time.perf_counter() - start


class Server:
    def __init__(self, folder: Path) -> None:
        self.http, self.grpc = free_port(), free_port()
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> float:
        """Seconds until the model is ready."""
        start = time.perf_counter()
        script = Path(__file__).with_name("server.py")
        words = [sys.executable, str(script), "--http-port", str(self.http), "--grpc-port", str(self.grpc)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        client = Rest(self.http)
        while not await client.is_ready():
            if self._process.poll() is not None or time.perf_counter() - start > 120:
                raise SystemExit(f"the server did not start:\n{self._log.read_text(errors='replace')[-2000:]}")
            await asyncio.sleep(0.1)
        return time.perf_counter() - start

    def stop(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def run(kind: str, seconds: float, deadline: float) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        ok = True

        def say(what: str, tally: Tally, spent: float) -> None:
            nonlocal ok
            ok = ok and tally.wrong == 0 and not tally.failed
            print(json.dumps({"protocol": kind, "what": what} | tally.line(spent)), flush=True)

        try:
            await server.start()
            load = Load(Rest(server.http) if kind == "rest" else Grpc(server.grpc), deadline)
            ok = await load.plain(server.http)
            await load.closed(4, seconds / 4)
            tally, spent = await load.closed(8, seconds)
            carried = tally.right / spent
            ok = ok and carried > 0 and tally.refused == tally.gone == 0
            say("what it carries, 8 clients", tally, spent)
            tally, spent = await load.offered(4 * carried, seconds)
            ok = ok and tally.right > 0 and tally.gone == 0
            say(f"four times that, {4 * carried:.0f} a second offered", tally, spent)
            # Killed while it is loaded, and started again while it is asked.
            under = asyncio.create_task(load.offered(carried / 2, 2 * seconds))
            await asyncio.sleep(seconds / 2)
            server.stop(signal.SIGKILL)
            back = await server.start()
            tally, spent = await under
            ok = ok and tally.gone > 0
            # A channel of gRPC looks for its server ever more seldom, up to some seconds.
            for _ in range(100):
                if (await load.closed(1, 0.1))[0].right > 0:
                    break
            say(f"killed and ready again after {back:.1f} s", tally, spent)
            tally, spent = await load.closed(8, seconds)
            ok = ok and tally.right > 0 and tally.refused == tally.gone == 0
            say("afterwards, 8 clients", tally, spent)
        finally:
            server.stop(signal.SIGTERM)
        return ok


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    # KServe, when imported, takes `--protocol` for its own.
    parser.add_argument("--over", choices=["rest", "grpc"], action="append", help="(default: both)")
    parser.add_argument("--seconds", type=float, default=10, help="of each part (default: 10)")
    parser.add_argument("--deadline", type=float, default=1, help="seconds for an answer (default: 1)")
    arguments = parser.parse_args()
    # Whoever runs this may block the signal that ends the server, which would block it too.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    # A refusal is an answer here, and no reason for a page of traceback.
    logging.getLogger("kserve").setLevel(logging.CRITICAL)
    kinds = arguments.over or ["rest", "grpc"]
    results = [asyncio.run(run(kind, arguments.seconds, arguments.deadline)) for kind in kinds]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
