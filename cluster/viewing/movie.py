"""A movie of what was played: .mp4 or .gif."""

from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from PIL import Image

from world_model.replaced_file import put_in_place

FRAMES_PER_SECOND = 60
SUFFIXES = (".mp4", ".gif")

_GIF_FRAMES_PER_SECOND = 20
"""Viewers of GIFs slow down what has more."""


class Movie:
    """A context; on leaving it the file is there and whole, unless it was left by an error.

    Frames of an .mp4 go to disk as they come. Those of a .gif are kept in memory: 1.4 MB for a second.
    """

    def __init__(self, file: Path, rate: int = FRAMES_PER_SECOND, scale: int = 2) -> None:
        """
        Args:
            file: ends in one of SUFFIXES, be it in capitals; one that is there already is replaced.
            rate: frames a second; a .gif leaves out what is beyond 20.
            scale: of an .mp4, whose codec has half as many colours as pixels, each way: at twice its size none of a
                game's are lost.
        """
        self._rate = rate
        self._scale = scale
        self._gif_every = -(-rate // _GIF_FRAMES_PER_SECOND)
        self._file = file
        self._kind = file.suffix.lower()
        self._temporary = file.with_name(f".{file.stem}.tmp{self._kind}")
        self._video: cv2.VideoWriter | None = None
        self._images: list[Image.Image] = []
        self._size = (0, 0)
        self._frames = 0

    def add(self, screen: np.ndarray) -> None:
        """The next frame: uint8 [H, W, 3]. Frames of another size than the first's are resized to it."""
        if self._frames == 0:
            self._size = (screen.shape[1], screen.shape[0])
        elif self._size != (screen.shape[1], screen.shape[0]):
            screen = cv2.resize(screen, self._size, interpolation=cv2.INTER_NEAREST)
        if self._kind == ".mp4":
            self._add_to_video(screen)
        elif self._frames % self._gif_every == 0:
            self._images.append(Image.fromarray(screen).quantize(dither=Image.Dither.NONE))
        self._frames += 1

    def __enter__(self) -> "Movie":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._video:
                self._video.release()
            # Ctrl-C is a way to end a game, not an error.
            if self._frames and (kind is None or kind is KeyboardInterrupt):
                if self._images:
                    duration = 1000 * self._gif_every // self._rate
                    first, *others = self._images
                    first.save(self._temporary, save_all=True, append_images=others, duration=duration, loop=0)
                put_in_place(self._temporary, self._file)
        finally:
            self._temporary.unlink(missing_ok=True)

    def _add_to_video(self, screen: np.ndarray) -> None:
        size = (self._scale * self._size[0], self._scale * self._size[1])
        if self._video is None:
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            self._video = cv2.VideoWriter(str(self._temporary), codec, self._rate, size)
            if not self._video.isOpened():
                raise OSError(f"{self._file} cannot be written")
        self._video.write(cv2.cvtColor(cv2.resize(screen, size, interpolation=cv2.INTER_NEAREST), cv2.COLOR_RGB2BGR))
