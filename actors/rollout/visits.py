"""Counts how often each episode has visited the cells of its level."""

import cv2
import numpy as np

CELL_PIXELS = 32
_SIDE = 8
_GREYS = 64
"""Width of a grey level. The mean of pure noise lies in the middle of one, six standard deviations from the next."""


class Visits:
    """Counts, for N emulators, how often the running episode has been in its present cell.

    In games with the player's position, a cell is a square of CELL_PIXELS px of the level in its present state: an
    opened gate or a broken wall makes all cells new, so that it pays to go back for a switch, and to return. In other
    games a cell is the frame at 8 x 8 pixels with five grey levels (like the cells of Go-Explore, arXiv 1901.10995).
    """

    def __init__(self, emulators: int) -> None:
        self._seen: list[dict[object, int]] = [{} for _ in range(emulators)]

    def count(
        self, positions: np.ndarray, changes: np.ndarray, frames: np.ndarray, transition: np.ndarray
    ) -> np.ndarray:
        """Counts a step, and returns the visits of the present cells.

        Args:
            positions: int [N, 2] and changes: int [N], as in `PoolStep`.
            frames: uint8 [N, S, S, 3], S a multiple of 8.
            transition: bool [N]; False where the step was a reset, which sets all visits to 0.

        Returns:
            int [N]; 1 at the first visit.
        """
        places = (positions // CELL_PIXELS).tolist()
        pictures = cells_of(frames) if (positions < 0).any() else None
        visits = np.empty(len(places), np.int64)
        each = zip(self._seen, places, changes.tolist(), transition.tolist(), strict=True)
        for i, (seen, (x, y), change, goes_on) in enumerate(each):
            if not goes_on:
                seen.clear()
            known = x >= 0 and y >= 0
            cell = (x, y, change) if known or pictures is None else pictures[i]
            visits[i] = seen[cell] = seen.get(cell, 0) + 1
        return visits


def cells_of(frames: np.ndarray) -> list[bytes]:
    """Returns the cells of frames: uint8 [N, S, S, 3], S a multiple of 8 -> N times 64 bytes."""
    n, side, size = len(frames), frames.shape[1], _SIDE**2
    # Stacked, they are one image, in which no averaged block of pixels is in two frames.
    tower = frames.reshape(n * side, side, 3)
    small = cv2.resize(tower, (_SIDE, n * _SIDE), interpolation=cv2.INTER_AREA).astype(np.uint16)
    grey = (small[..., 0] + small[..., 1] + small[..., 2]) // 3
    cells = ((grey + _GREYS // 2) // _GREYS).astype(np.uint8).tobytes()
    return [cells[i : i + size] for i in range(0, n * size, size)]
