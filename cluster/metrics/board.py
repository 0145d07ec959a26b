"""TensorBoard's files, which a disk that is full for a while does not end."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

_MOST_WAITING = 100_000
"""Points; above those of any iteration."""


class Board:
    """Points by name and step.

    What writes them is a thread of a library's, which an error of the disk ends without a word. Whoever gave it more
    than fits into its queue would then wait for ever.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        """
        Args:
            steps: done before; what an earlier process logged above them is forgotten.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder = folder
        self._writer = SummaryWriter(str(folder), purge_step=steps + 1, max_queue=_MOST_WAITING)

    def add(self, points: Mapping[str, float], steps: int) -> None:
        """
        Raises:
            OSError: the writer has ended, and another one cannot begin.
        """
        if not self._events._worker.is_alive():
            self._leave()
            self._writer = SummaryWriter(str(self._folder), max_queue=_MOST_WAITING)
        for name, value in points.items():
            self._writer.add_scalar(name, value, steps)

    def close(self) -> None:
        """What cannot be written any more is lost."""
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
