"""The truths that probes predict, about a moment of play: from perfect eyes or from a game's variables."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from windup.eyes import COLUMN, NAMES, OBJECTS, ROW, planes

Measure = Literal["r2", "auroc"]
Truths = dict[str, npt.NDArray[np.float32]]
"""Truths by name, each float32 [..., columns]."""

MEASURES: dict[str, Measure] = {
    "terrain_ahead": "r2",
    "hazard_ahead": "auroc",
    "speed_x": "r2",
    "speed_y": "r2",
    "on_ground": "auroc",
    "screen_x": "r2",
    "screen_y": "r2",
}
"""The measure of each truth; for those that are 0 or 1, the area under the curve of hits over false alarms."""

MEASURE_NAMES: dict[Measure, str] = {"r2": "R²", "auroc": "AUROC"}
AHEAD = 6
"""Number of columns of blocks, to the right of the player's, that count as ahead."""
_ABOVE, _BELOW = 4, 4
"""Rows above and below the player's in which ground and spikes are looked for."""
_NEAR_X, _NEAR_Y = AHEAD * 16 / 160, 0.4
"""Largest distance of an enemy that is a hazard, in the eyes' unit of 160 px."""

_AT = {name: number for number, name in enumerate(NAMES)}


def windup_truths(eyes: npt.NDArray[np.float32]) -> Truths:
    """Returns the truths in the numbers of perfect eyes, float32 [..., EYES].

    - terrain_ahead [..., AHEAD]: of each column the rows from the player's block down to the first block with ground,
      which is looked for from 4 rows above the player on; where there is none, one row below the lowest that is seen.
    - hazard_ahead [..., 1]: 1 where spikes, an enemy or a crusher are in these columns and near the player's height; a
      crusher, which hangs or falls, at any height.
    - speed_x and speed_y (20 px a frame), on_ground, screen_x and screen_y (from the middle, 160 px) [..., 1].
    """
    seen = planes(eyes)
    ahead = slice(COLUMN + 1, COLUMN + 1 + AHEAD)
    ground = seen["height"][..., ROW - _ABOVE :, ahead] > 0
    first = np.where(ground.any(-2), ground.argmax(-2), ground.shape[-2])
    hazard = np.asarray((seen["hurts"][..., ROW - _ABOVE + 1 : ROW + _BELOW + 1, ahead] > 0).any((-2, -1)))
    for kind, height in (("enemy", _NEAR_Y), ("crusher", np.inf)):
        for slot in range(OBJECTS[kind][0]):
            there, dx, dy = (eyes[..., _AT[f"{kind}{slot}.{name}"]] for name in ("there", "dx", "dy"))
            hazard |= (there > 0) & (dx > 0) & (dx < _NEAR_X) & (np.abs(dy) < height)
    player = {"speed_x": "vx", "speed_y": "vy"} | {name: name for name in ("on_ground", "screen_x", "screen_y")}
    return {
        "terrain_ahead": (first - _ABOVE).astype(np.float32),
        "hazard_ahead": hazard[..., None].astype(np.float32),
        **{truth: eyes[..., _AT[name], None].astype(np.float32) for truth, name in player.items()},
    }


def variable_truths(variables: Mapping[str, npt.NDArray[np.int64]], first: npt.NDArray[np.bool_]) -> Truths:
    """Returns the truths in a game's variables at the end of steps.

    These are the speed, in px a step, in games with the variables x and y, and the place on the screen, in px, in
    games with screen_x and screen_y, too.

    Args:
        variables: by name, each int [T, N].
        first: bool [T, N]; whether an episode begins, where the speed is 0.

    Returns:
        Each float32 [T, N, 1].
    """
    truths = {}
    for axis in "xy":
        if axis in variables:
            speed = np.diff(variables[axis], axis=0, prepend=variables[axis][:1])
            truths[f"speed_{axis}"] = np.where(first, 0, speed)
        if {axis, f"screen_{axis}"} <= variables.keys():
            truths[f"screen_{axis}"] = variables[axis] - variables[f"screen_{axis}"]
    return {name: values[..., None].astype(np.float32) for name, values in truths.items()}


def measurable(names: Sequence[str]) -> list[str]:
    """Returns the names of the truths of a game with these variables."""
    some = {name: np.zeros((1, 1), np.int64) for name in names}
    return list(variable_truths(some, np.ones((1, 1), bool)))
