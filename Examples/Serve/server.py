"""A wheel behind KServe's server: the Open Inference Protocol over REST and gRPC.

Health, metadata, metrics and the protocol are KServe's; this file is what it asks of a model. Requests beyond a bounded
queue are answered 503 (UNAVAILABLE) at once, so that those that are taken are answered in time whatever the load.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import digits20
import kserve
import numpy as np
from kserve.errors import InvalidInput, ServerNotReady
from numpy.typing import NDArray


class Overloaded(ServerNotReady):
    """REST answers 503, gRPC UNAVAILABLE."""

    reason = "too many requests wait; try again later"

    def __init__(self) -> None:
        super().__init__(self.reason)


class Classifier(kserve.Model):
    def __init__(self, name: str, calls: int, waiting: int, images: int) -> None:
        super().__init__(name)
        self._model = digits20.Model()
        # One thread of C for each core: a call lets go of Python's lock, so they run at once.
        self._pool = ThreadPoolExecutor(calls)
        self._room = calls + waiting
        self._images = images
        self.enable_latency_logging = False
        self.ready = True

    async def get_input_types(self) -> list[dict[str, object]]:
        return [{"name": "images", "datatype": "FP32", "shape": [-1, *digits20.INPUT_SHAPE]}]

    async def get_output_types(self) -> list[dict[str, object]]:
        return [{"name": "logits", "datatype": "FP32", "shape": [-1, *digits20.OUTPUT_SHAPE]}]

    async def predict(
        self,
        payload: kserve.InferRequest,
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> kserve.InferResponse:
        if self._room == 0:
            raise Overloaded
        self._room -= 1
        try:
            images = self._checked(payload)
            loop = asyncio.get_running_loop()
            logits = await loop.run_in_executor(self._pool, self._model, images)
        finally:
            self._room += 1
        output = kserve.InferOutput("logits", list(logits.shape), "FP32")
        output.set_data_from_numpy(logits, binary_data=payload.from_grpc or payload.use_binary_outputs)
        return kserve.InferResponse(
            # The protocol lets clients leave it out, KServe's answers do not.
            payload.id or uuid.uuid4().hex,
            self.name,
            [output],
            from_grpc=payload.from_grpc,
            use_binary_outputs=payload.use_binary_outputs,
            requested_outputs=payload.request_outputs,
        )

    def _checked(self, payload: kserve.InferRequest) -> NDArray[np.float32]:
        if not isinstance(payload, kserve.InferRequest) or len(payload.inputs) != 1:
            raise InvalidInput("one input is expected, by version 2 of the protocol")
        given = payload.inputs[0]
        shape = tuple(given.shape)
        if given.datatype != "FP32" or shape[1:] != digits20.INPUT_SHAPE:
            wanted = ", ".join(map(str, digits20.INPUT_SHAPE))
            raise InvalidInput(f"images are FP32 of shape [n, {wanted}], not {given.datatype} of {list(shape)}")
        if not 1 <= shape[0] <= self._images:
            raise InvalidInput(f"a request has 1 to {self._images} images")
        try:
            images: NDArray[np.float32] = given.as_numpy()
        except ValueError as error:
            raise InvalidInput(f"the data of the images is not what their shape says: {error}") from error
        return images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--name", default="digits20", help="the model's name in paths (default: digits20)")
    parser.add_argument("--http-port", type=int, default=8080)
    parser.add_argument("--grpc-port", type=int, default=8081)
    # KServe reads options of its own where it is imported, `--workers` among them: ours have other names.
    parser.add_argument("--calls", type=int, default=os.cpu_count() or 1, help="calls at once (default: cores)")
    parser.add_argument("--waiting", type=int, default=32, help="requests that may wait (default: 32)")
    parser.add_argument("--images", type=int, default=64, help="images of a request at most (default: 64)")
    arguments = parser.parse_args()
    model = Classifier(arguments.name, arguments.calls, arguments.waiting, arguments.images)
    server = kserve.ModelServer(
        http_port=arguments.http_port, grpc_port=arguments.grpc_port, enable_latency_logging=False
    )
    server.start([model])


if __name__ == "__main__":
    main()
