"""Outputs as classes."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._network import LABELS


@dataclass(frozen=True, slots=True)
class Prediction:
    """A class that an image may show."""

    index: int
    label: str
    """Its name; its number where the network came without names."""
    probability: float


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities along the last axis, in float32."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    result: NDArray[np.float32] = powers / powers.sum(axis=-1, keepdims=True)
    return result


def predictions(probabilities: NDArray[np.float32], top: int) -> list[list[Prediction]]:
    """The `top` most probable classes of each row, the most probable first; of equal ones the one that stands first."""
    top = operator.index(top)
    if top < 1:
        raise ValueError(f"top is {top}, and at least 1 class is asked for")
    order = np.argsort(-probabilities, axis=-1, kind="stable")[:, :top]
    return [
        [Prediction(int(i), LABELS[i] if LABELS else str(i), float(row[i])) for i in chosen]
        for row, chosen in zip(probabilities, order, strict=True)
    ]
