"""Writes movies: .mp4 or .gif."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from world_model.replaced_file import put_in_place

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

FRAMES_PER_SECOND = 60
SUFFIXES = (".mp4", ".gif")

_GIF_FRAMES_PER_SECOND = 20
"""Highest rate of a GIF: viewers slow down faster ones."""


class Movie:
    """A context that writes a movie; if it ends by an error other than Ctrl-C, no file is written.

    Frames of an .mp4 go to disk as they come: as H.264, which browsers play, too. Those of a .gif are kept in memory:
    1.4 MB for a second.
    """

    def __init__(self, file: Path, rate: int = FRAMES_PER_SECOND, scale: int = 2) -> None:
        """
        Args:
            file: its name ends in one of SUFFIXES, in any case; an existing file is replaced.
            rate: frames a second; a .gif drops frames beyond 20 a second.
            scale: of an .mp4, whose codec has half as many colours as pixels, each way: at twice its size none of a
                game's are lost.
        """
        self._rate = rate
        self._scale = scale
        self._gif_every = -(-rate // _GIF_FRAMES_PER_SECOND)
        self._file = file
        self._kind = file.suffix.lower()
        self._temporary = file.with_name(f".{file.stem}.tmp{self._kind}")
        self._video: tuple[OutputContainer, VideoStream] | None = None
        self._images: list[Image.Image] = []
        self._size = (0, 0)
        self._frames = 0

    def add(self, screen: np.ndarray) -> None:
        """Adds a frame, uint8 [H, W, 3]. Frames are resized to the size of the first one."""
        image = Image.fromarray(screen)
        if self._frames == 0:
            self._size = image.size
        elif self._size != image.size:
            image = image.resize(self._size, Image.Resampling.NEAREST)
        if self._kind == ".mp4":
            self._add_to_video(image)
        elif self._frames % self._gif_every == 0:
            self._images.append(image.quantize(dither=Image.Dither.NONE))
        self._frames += 1

    def __enter__(self) -> "Movie":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # Ctrl-C is a way to end a game, not an error.
            whole = kind is None or kind is KeyboardInterrupt
            if self._video:
                container, stream = self._video
                with container:
                    if whole:
                        container.mux(stream.encode())
            if self._frames and whole:
                if self._images:
                    duration = 1000 * self._gif_every // self._rate
                    first, *others = self._images
                    first.save(self._temporary, save_all=True, append_images=others, duration=duration, loop=0)
                put_in_place(self._temporary, self._file)
        finally:
            self._temporary.unlink(missing_ok=True)

    def _add_to_video(self, image: Image.Image) -> None:
        # Here, because a .gif needs no PyAV, which is an extra.
        import av

        image = image.resize((self._scale * image.width, self._scale * image.height), Image.Resampling.NEAREST)
        if self._video is None:
            # The table of contents first, so that a browser begins before it has the whole file.
            container = av.open(self._temporary, "w", options={"movflags": "faststart"})
            # A game waits for each frame.
            stream = container.add_stream("libx264", self._rate, options={"preset": "ultrafast"})
            stream.width, stream.height = image.size
            stream.pix_fmt = "yuv420p"
            self._video = container, stream
        container, stream = self._video
        container.mux(stream.encode(av.VideoFrame.from_image(image)))
