"""A window to play in, or to watch. Importing this needs a display."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyglet
from pyglet import gl
from pyglet.window import key

from cluster.viewing.movie import FRAMES_PER_SECOND

_KEYS = {
    key.LEFT: "LEFT",
    key.RIGHT: "RIGHT",
    key.UP: "UP",
    key.DOWN: "DOWN",
    key.Z: "A",
    key.X: "B",
    key.C: "C",
    key.SPACE: "B",
}
_LATE_SECONDS = 0.1
"""Seconds of delay after which the game does not catch up by running faster."""


class GameWindow:
    """Shows screens at a steady rate, and reads the held buttons."""

    def __init__(
        self,
        caption: str,
        screen: np.ndarray,
        begin_again: Callable[[], None] = lambda: None,
        rate: int = FRAMES_PER_SECOND,
        scale: int = 3,
    ) -> None:
        """
        Args:
            caption: of the window.
            screen: uint8 [H, W, 3]; its size times `scale` is the window's.
            begin_again: called when R is pressed.
            rate: screens a second.
        """
        self._seconds = 1 / rate
        height, width = screen.shape[:2]
        self._window = pyglet.window.Window(scale * width, scale * height, caption, resizable=True, vsync=False)
        self._keys = key.KeyStateHandler()
        self._window.push_handlers(self._keys)
        self._window.push_handlers(on_key_press=lambda symbol, _: begin_again() if symbol == key.R else None)
        self._made: Any = None
        self._due = time.monotonic()

    def held(self) -> set[str] | None:
        """Returns the names of the held buttons; None once the window is closed."""
        self._window.dispatch_events()
        if self._window.has_exit:
            return None
        return {button for symbol, button in _KEYS.items() if self._keys[symbol]}

    def show(self, screen: np.ndarray) -> None:
        """Draws a screen, uint8 [H, W, 3], as large as it fits, and waits until the next frame is due."""
        height, width = screen.shape[:2]
        scale = min(self._window.width / width, self._window.height / height)
        self._window.switch_to()
        self._window.clear()
        # OpenGL counts rows from the bottom.
        image = pyglet.image.ImageData(width, height, "RGB", screen[::-1].tobytes())
        texture = self._texture(width, height)
        texture.blit_into(image, 0, 0, 0)
        texture.blit(
            (self._window.width - scale * width) / 2,
            (self._window.height - scale * height) / 2,
            width=scale * width,
            height=scale * height,
        )
        self._window.flip()
        self._due = max(self._due + self._seconds, time.monotonic() - _LATE_SECONDS)
        time.sleep(max(0.0, self._due - time.monotonic()))

    def _texture(self, width: int, height: int) -> Any:
        """Returns a texture with sharp pixels, the same one for all screens of a size."""
        if self._made is None or (self._made.width, self._made.height) != (width, height):
            self._made = pyglet.image.Texture.create(width, height, mag_filter=gl.GL_NEAREST)
        return self._made

    def close(self) -> None:
        self._window.close()
