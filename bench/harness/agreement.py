"""How far answers may be from ours. Engines sum in different orders and may use Winograd; in whole numbers they round at
other places too. A wrong network is off by much more than either.
"""

import dataclasses

import numpy as np

from .assets import Assets, difference
from .integers import IntegerAssets

# Of the largest logit. In 16-bit floats every value that is stored is rounded to 11 bits, which the issue of this number
# type bounds; in 32-bit floats only sums differ.
TOLERANCES = {"float32": 1e-3, "float16": 5e-3}
# bfloat16 has three bits fewer than half precision.
COARSE = 8 * TOLERANCES["float16"]


@dataclasses.dataclass(frozen=True)
class Agreement:
    """`apart`: as a part of the largest logit; in whole numbers as a part of the length of all answers."""

    apart: float
    # Why the answers are not those of the same network, if so.
    fault: str | None
    text: str


def compare(
    files: Assets, precision: str, batch: int, theirs: np.ndarray, ours: np.ndarray, peer: str = ""
) -> Agreement:
    """Answers, a row for each image, beside ours."""
    if theirs.shape != ours.shape or not np.isfinite(theirs).all():
        return Agreement(float("inf"), "no answers of this shape, or no numbers", "has no such answers")
    if isinstance(files, IntegerAssets):
        return in_integers(files, batch, theirs, ours)
    apart = difference(files.network, theirs, ours)
    text = f"differs from ours by {apart:.1e} of the largest logit, {np.abs(ours).max():.3g}"
    fault = f"other answers than ours, by {apart:.1e} of the largest logit"
    tolerance = COARSE if peer == "openvino_bf16" else TOLERANCES[precision]
    return Agreement(apart, fault if apart > tolerance else None, text)


def in_integers(files: IntegerAssets, batch: int, theirs: np.ndarray, ours: np.ndarray) -> Agreement:
    """Rounding leaves the answers of the QDQ file, computed to the letter, `loss` from those of float32. Whoever computes
    that network, rounding at as many places or fewer, is about as far from float32, in whatever direction: so two of them
    are at most twice as far apart. And they name the same classes, since the images are such as float32 is sure of."""
    apart = float(np.linalg.norm(theirs - ours) / np.linalg.norm(ours))
    allowed = 2 * files.loss(batch)
    text = f"differs from ours by {apart:.1%} in length; at most {allowed:.1%}, as int8 is off float32 by half of that"
    if apart > allowed:
        return Agreement(apart, f"other answers than ours, by {apart:.1%} in length where {allowed:.1%} is allowed", text)
    classes = files.network.has_classes and (theirs.argmax(1) != ours.argmax(1)).any()
    return Agreement(apart, "it names another class" if classes else None, text)
