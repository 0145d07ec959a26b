"""N games of Windup in one block of memory, stepped together in C without the interpreter's lock."""

import ctypes
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from windup.eyes import EYES
from windup.native.library import library
from windup.native.pads import PADS

SCREEN = (224, 320, 3)
"""The console's screen: uint8 [H, W, RGB]."""
SIZES = (0, 64, 128)
VARIABLES = (
    "x", "y", "screen_x", "screen_y", "screen_x_end", "level_end", "deepest_x", "progress", "level_frames",
    "contest_bonus", "level_end_bonus", "zone", "act", "lives", "rings", "score", "changes",
)  # fmt: skip
"""Variables of data.json, ordered as in play.h, without `boot_level`, which is 0 in play, and `load_lines`, a
measurement of the console's time that is not modelled."""

_REFUSALS = {
    1: "these bytes are no saved state of the native game",
    2: "the saved state is of another build of the game",
    3: "the saved state is damaged",
    4: "the saved state is of a level that this process has not; add the level first",
    5: "the saved state tells of something that cannot be",
}
"""`enum saved_fault` in saved.h."""


class StateError(ValueError):
    """Bytes are no saved state, or cannot be restored here."""


class VideoFault(RuntimeError):
    """A game used a feature of the console's video processor that the model does not have: a bug."""


class Games:
    """N games, addressed by number. Only one thread at a time may call an object's methods."""

    def __init__(
        self,
        n: int,
        size: int | None = 64,
        frame_skip: int = 4,
        threads: int = 1,
        frames: npt.NDArray[np.uint8] | None = None,
    ) -> None:
        """
        Args:
            n: number of games, 1 or more.
            size: of an observation: 64 or 128, 0 for none, or None for the console's screen.
            frame_skip: frames a step.
            threads: number of threads that step games, with the caller's.
            frames: an array to use as `frames`.

        Raises:
            NativeUnavailable: the native game was not built.
            ValueError: an argument is not what is allowed.
        """
        for name, value, most in (("n", n, 1 << 20), ("frame_skip", frame_skip, 1000), ("threads", threads, 256)):
            if not 1 <= value <= most:
                raise ValueError(f"{name}: {value}; from 1 to {most} is allowed")
        if size is not None and size not in SIZES:
            raise ValueError(f"size: {size}; {', '.join(map(str, SIZES))} or None is allowed")
        shape = (n, *(SCREEN if size is None else (size, size, 3)))
        if frames is None:
            frames = np.zeros(shape, np.uint8)
        if frames.shape != shape or frames.dtype != np.uint8 or not frames.flags.carray:
            raise ValueError(f"frames: {frames.dtype} {frames.shape}; C-contiguous uint8 {shape} is allowed")
        self._frames = frames
        self._core = library()
        self._n = n
        self._begun = np.zeros(n, bool)
        handle = self._core.windup_games_new(
            n, -1 if size is None else size, frame_skip, threads, self.frames.ctypes.data
        )
        if not handle:
            raise MemoryError(f"{n} games and {threads} threads are more than this machine has room for")
        self._handle: int | None = handle
        # Each step's arguments and results, at places that are looked up once: it takes longer than to copy the arrays.
        self._pads, self._sticky, self._working = np.empty(n, np.uint8), np.empty(n, bool), np.empty(n, bool)
        self._rewards, self._over = np.empty(n, np.float32), np.empty(n, bool)
        self._ran, self._positions = np.empty(n, np.int32), np.zeros((n, 2), np.int32)
        self._changes, self._cameras = np.zeros(n, np.int32), np.zeros((n, 2), np.int32)
        steps = (self._pads, self._sticky, self._working, self._rewards, self._over)
        arrays = (*steps, self._ran, self._positions, self._changes, self._cameras)
        self._places = [array.ctypes.data for array in arrays]

    def __len__(self) -> int:
        return self._n

    @property
    def frames(self) -> npt.NDArray[np.uint8]:
        """Screens of all games, resized as those of emulators: uint8 [N, S, S, 3], or [N, 224, 320, 3] for size None.

        It is always the same array, which `reset`, `step` and `load` write. With size 0 nothing is drawn, which saves
        nine tenths of a step's time.
        """
        return self._frames

    def reset(self, numbers: Sequence[int] | npt.NDArray[np.integer], levels: npt.ArrayLike) -> None:
        """Begins an episode in some games, as an emulator that is reset to the levels' start states.

        Args:
            numbers: of the games, int [K].
            levels: number of each game's level, int [K], or one for all.

        Raises:
            IndexError: there is no such game.
            ValueError: there is no such level.
        """
        which = np.asarray(numbers, np.int32).ravel()
        chosen = np.ascontiguousarray(np.broadcast_to(np.asarray(levels, np.int32), which.shape))
        for number in which.tolist():
            self._check(number)
        for level in set(chosen.tolist()):
            if not self._core.windup_level_known(level):
                raise ValueError(f"level: {level}; the number of the console's 58 or of an added level is allowed")
        self._core.windup_games_reset(self._open, which.ctypes.data, chosen.ctypes.data, len(which))
        self._begun[which] = True
        self._raise_faults()

    def step(
        self,
        actions: npt.ArrayLike,
        sticky: npt.ArrayLike,
        working: npt.ArrayLike | None = None,
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Holds an action for `frame_skip` frames in each game; where sticky, the first frame has the action before.

        Args:
            actions: int [N], of windup.game.ACTIONS.
            sticky: bool [N].
            working: bool [N]; False where a game rests: nothing changes there. None: all work.

        Returns:
            Sum of the frames' rewards, float32 [N]; whether the episode is over, bool [N]; number of frames run,
            int32 [N], fewer than `frame_skip` where the episode ended on the way, and 0 where the game rested; the
            player's x and y in px, int32 [N, 2].

        Raises:
            ValueError: an array has another shape, an action is unknown, or a game was not begun.
        """
        chosen = np.asarray(actions)
        if chosen.shape != (self._n,) or chosen.dtype.kind not in "iu":
            raise ValueError(f"actions: {chosen.dtype} {chosen.shape}; int ({self._n},) is allowed")
        if chosen.min() < 0 or chosen.max() >= len(PADS):
            raise ValueError(f"actions: {chosen.min()} to {chosen.max()}; 0 to {len(PADS) - 1} is allowed")
        self._sticky[:] = self._flags("sticky", sticky)
        self._working[:] = True if working is None else self._flags("working", working)
        if not self._begun.all() and (self._working & ~self._begun).any():
            number = int(np.argmax(self._working & ~self._begun))
            raise ValueError(f"game {number} was not begun: reset or load it first")
        np.take(PADS, chosen, out=self._pads)
        self._core.windup_games_step(self._open, *self._places)
        self._raise_faults()
        return self._rewards.copy(), self._over.copy(), self._ran.copy(), self._positions.copy()

    @property
    def changes(self) -> npt.NDArray[np.int32]:
        """The variable `changes` of each game after the last step, int32 [N]: a copy."""
        return self._changes.copy()

    @property
    def cameras(self) -> npt.NDArray[np.int32]:
        """The variables `screen_x` and `screen_y` of each game after the last step, int32 [N, 2]: a copy."""
        return self._cameras.copy()

    @property
    def bytes_each(self) -> int:
        """Memory of a game in bytes, without its observation."""
        return int(self._core.windup_games_bytes())

    def variables(self, number: int) -> dict[str, int]:
        """Returns the present values of a game's variables by the names of data.json, without `load_lines`."""
        self._check_begun(number)
        values = np.empty(len(VARIABLES), np.int32)
        self._core.windup_games_variables(self._open, number, values.ctypes.data)
        return {**dict(zip(VARIABLES, values.tolist(), strict=True)), "boot_level": 0}

    def all_variables(self, out: npt.NDArray[np.int32]) -> None:
        """Writes the present values of each game's VARIABLES, in their order, to `out`, int32 [N, len(VARIABLES)].

        Raises:
            ValueError: `out` has another shape or type, or is not C-contiguous, or a game has no episode.
        """
        shape = (self._n, len(VARIABLES))
        if out.shape != shape or out.dtype != np.int32 or not out.flags.carray:
            raise ValueError(f"out: {out.dtype} {out.shape}; C-contiguous int32 {shape} is allowed")
        if not self._begun.all():
            raise ValueError(f"game {int(np.argmin(self._begun))} was not begun: reset or load it first")
        write, handle, place = self._core.windup_games_variables, self._open, out.ctypes.data
        for number in range(self._n):
            write(handle, number, place + number * out.strides[0])

    def screen(self, number: int) -> npt.NDArray[np.uint8]:
        """Returns a game's screen, uint8 [224, 320, 3]."""
        self._check_begun(number)
        out = np.empty(SCREEN, np.uint8)
        self._core.windup_games_screen(self._open, number, out.ctypes.data)
        return out

    def eyes(self, out: npt.NDArray[np.float32]) -> None:
        """Writes what perfect eyes see (windup.eyes) of each game with an episode to `out`, float32 [N, EYES].

        Raises:
            ValueError: `out` has another shape or type, or is not C-contiguous.
        """
        shape = (self._n, EYES)
        if out.shape != shape or out.dtype != np.float32 or not out.flags.carray:
            raise ValueError(f"out: {out.dtype} {out.shape}; C-contiguous float32 {shape} is allowed")
        self._core.windup_games_eyes(self._open, out.ctypes.data)

    def level(self, number: int) -> int:
        """Returns the number of a game's level."""
        self._check_begun(number)
        return int(self._core.windup_games_level(self._open, number))

    def save(self, number: int) -> bytes:
        """Returns a game's whole state; a game restored from it goes on as this one does."""
        self._check_begun(number)
        out = ctypes.create_string_buffer(self._core.windup_saved_size())
        self._core.windup_games_save(self._open, number, out)
        return out.raw

    def load(self, number: int, state: bytes) -> None:
        """Restores a game from bytes of `save`, of this or another process with the same build of the game.

        Raises:
            StateError: the bytes are invalid; the game stays as it was.
        """
        self._check(number)
        refused = self._core.windup_games_load(self._open, number, bytes(state), len(state))
        if refused:
            raise StateError(_REFUSALS[refused])
        self._begun[number] = True
        self._raise_faults()

    def close(self) -> None:
        """Ends the threads and frees the games. No method may be called afterwards."""
        if self._handle is not None:
            handle, self._handle = self._handle, None
            self._core.windup_games_free(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()

    @property
    def _open(self) -> int:
        if self._handle is None:
            raise ValueError("the games are closed")
        return self._handle

    def _flags(self, name: str, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        flags = np.asarray(values, bool)
        if flags.shape != (self._n,):
            raise ValueError(f"{name}: shape {flags.shape}; ({self._n},) is allowed")
        return flags

    def _check(self, number: int) -> None:
        if not 0 <= number < self._n:
            raise IndexError(f"game: {number}; 0 to {self._n - 1} is allowed")

    def _check_begun(self, number: int) -> None:
        self._check(number)
        if not self._begun[number]:
            raise ValueError(f"game {number} was not begun: reset or load it first")

    def _raise_faults(self) -> None:
        number = self._core.windup_games_faulty(self._open)
        if number >= 0:
            raise VideoFault(f"game {number}: {self._core.windup_games_fault(self._open, number).decode()}")
