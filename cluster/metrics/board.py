"""Writes TensorBoard's files, and survives a disk that is full for a while."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

_MOST_WAITING = 100_000
"""Most points that wait to be written; no iteration has as many."""


class Board:
    """Writes points by name and step.

    The library's writer is a thread, which an error of the disk ends silently. Whoever gave it more points than fit
    into its queue would then wait for ever.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        """
        Args:
            folder: of the files.
            steps: done before; points of an earlier process above them are dropped.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder = folder
        self._writer = SummaryWriter(str(folder), purge_step=steps + 1, max_queue=_MOST_WAITING)

    def add(self, points: Mapping[str, float], steps: int) -> None:
        """Adds the points of a step.

        Raises:
            OSError: the writer has ended, and another one cannot start.
        """
        if not self._events._worker.is_alive():
            self._leave()
            self._writer = SummaryWriter(str(self._folder), max_queue=_MOST_WAITING)
        for name, value in points.items():
            self._writer.add_scalar(name, value, steps)

    def close(self) -> None:
        """Closes the files; points that cannot be written any more are lost."""
        if not self._events._worker.is_alive():
            self._leave()
            return
        try:
            self._writer.close()
        except OSError:
            self._leave()

    @property
    def _events(self) -> Any:
        return self._writer.file_writer.event_writer

    def _leave(self) -> None:
        # Else Python would wait at its end until somebody reads what is in the queue.
        with contextlib.suppress(AttributeError):
            self._events._event_queue.cancel_join_thread()
