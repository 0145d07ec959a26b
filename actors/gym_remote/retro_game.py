"""A game in gym-retro or stable-retro, driven frame by frame: what a host serves."""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from typing import Any

import numpy as np

from actors.portable.contest import FRAME_SKIP
from actors.portable.frame_skip import run_frames, undrawn_frame
from actors.portable.game_files import GameFileError, read_state, rule_faults
from actors.portable.scenario import own_rules

# Our actors' hosts find this package by a link, which is gone once they are met.
INTEGRATIONS = os.path.join(os.path.realpath(__file__ + "/../../.."), "windup", "integration")
"""Folder with the free game's integration."""
LIBRARIES = ("stable_retro", "retro")
_VERSION = "-v0"


class GameError(ValueError):
    """There is no such library, game, state or ROM; the message is one line."""


class RetroGame:
    """A game in gym-retro or stable-retro; a process can hold only one.

    The library's own step copies the screen and looks up every variable after each frame. Here that is done for the
    last frame of a step only, with equal rewards, ends and screens. A lean game draws and judges frames as our own
    emulators do.
    """

    def __init__(self, library: str, game: str, state: str | None, integrations: str, lean: bool) -> None:
        """
        Args:
            library: stable_retro, or gym-retro's retro.
            game: as stable-retro calls it. gym-retro's games have no -v0.
            state: to begin from; None: the first one by name.
            integrations: folder of further games.
            lean: draw only the last frame of a step, and judge frames without the library if the rules have no script.

        Raises:
            GameError: the library, the game, its state or its ROM is missing.
        """
        try:
            retro = importlib.import_module(library)
        except ImportError as error:
            raise GameError(f"--library {library}: this Python has it not: {error}") from error
        kinds = retro.data.Integrations
        kinds.add_custom_path(os.path.abspath(integrations))
        self._kinds = kinds.ALL
        self._find = retro.data.get_file_path
        self._name = self._named(game)
        self.states: list[str] = retro.data.list_states(self._name, kinds.ALL)
        self._loaded: dict[str, bytes] = {}
        first = state if state is not None else next(iter(self.states), "")
        self._state(first)
        try:
            self._load(retro, first, lean)
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            # Looked for only now: of the libraries' own games some have faults, and can be played.
            fault = error if isinstance(error, GameError) else next(rule_faults(self._file, self._name), None)
            raise GameError(str(fault or f"{self._name}: {error}")) from error
        self.shape: tuple[int, ...] = self.env.get_screen().shape
        known = self.env.data.lookup_all().keys()
        self._has_position, self._has_changes = {"x", "y"} <= known, "changes" in known
        self._has_camera = {"x", "y", "screen_x", "screen_y"} <= known
        self._masks: dict[bytes, np.ndarray] = {}

    def _load(self, retro: Any, first: str, lean: bool) -> None:
        """Makes the library's environment in its first state."""
        contest = "contest" if self._file("contest.json") else "scenario"
        # Otherwise stable-retro would open a window. (Not by `library`: stable-retro has a module retro, too.)
        quiet = {"render_mode": "rgb_array"} if retro.__name__ == "stable_retro" else {}
        try:
            self.env = retro.make(self._name, first, inttype=self._kinds, scenario=contest, **quiet)
        except FileNotFoundError as error:
            raise GameError(f"no ROM of {self._name} is imported into {retro.__name__}") from error
        rules = self._file("lean.json") or self._file(f"{contest}.json")
        if rules is None:
            raise GameError(f"{self._name} has no scenario.json, which tells what is rewarded")
        self._rules = own_rules(rules) if lean else None
        self._undrawn = undrawn_frame(Path(retro.core_path()) / "genesis_plus_gx_libretro.so") if lean else None
        self.reset(first)

    def record(self, folder: str) -> None:
        """Records a bk2 movie of each episode from the next one on, in this folder."""
        self.env.auto_record(folder)

    def reset(self, state: str) -> None:
        """Begins an episode.

        Raises:
            GameError: the game has no such state.
        """
        self.env.initial_state = self._state(state)
        self.env.statename = f"{state}.state"
        self.env.reset()
        if self._rules:
            self._rules.begin(self.env.data.lookup_value)

    def mask(self, buttons: np.ndarray) -> np.ndarray:
        """Returns buttons, uint8 [B], without combinations that the game does not allow."""
        key = buttons.tobytes()
        if key not in self._masks:
            self._masks[key] = self.env.action_to_array(buttons)[0]
        return self._masks[key]

    def step(self, first: np.ndarray, then: np.ndarray) -> tuple[float, bool, int]:
        """Runs 4 frames, or fewer if the episode ends.

        Args:
            first: mask of buttons in the first frame.
            then: mask of buttons in the others.

        Returns:
            The sum of the rewards, whether the episode is over, and the frames that were run.
        """
        masks = [first] + [then] * (FRAME_SKIP - 1)
        reward, done, frames = run_frames(self.env.em, masks, self._judge, self._undrawn)
        if self.env.movie:
            for mask in masks[:frames]:
                for button, held in enumerate(mask):
                    self.env.movie.set_key(button, held, 0)
                self.env.movie.step()
        return reward, done, frames

    def screen(self) -> np.ndarray:
        """Returns the screen, uint8 [H, W, 3], in its first size; black where it is smaller now."""
        screen: np.ndarray = self.env.get_screen()
        if screen.shape == self.shape:
            return screen
        fitted = np.zeros(self.shape, np.uint8)
        height, width = (min(sides) for sides in zip(screen.shape[:2], self.shape[:2]))
        fitted[:height, :width] = screen[:height, :width]
        return fitted

    def position(self) -> tuple[int, int]:
        """Returns the game's variables x and y, the player's place; -1 if it has none."""
        if not self._has_position:
            return -1, -1
        return self.env.data.lookup_value("x"), self.env.data.lookup_value("y")

    def camera(self) -> dict[str, int]:
        """Returns screen_x and screen_y, the place in the level of the first pixel of `screen`; {} if not known."""
        if not self._has_camera:
            return {}
        left, top = self.env.data.crop_info(0)[:2]
        look_up = self.env.data.lookup_value
        return {"screen_x": look_up("screen_x") + left, "screen_y": look_up("screen_y") + top}

    def changes(self) -> int:
        """Returns the game's variable `changes`; 0 if it has none."""
        return self.env.data.lookup_value("changes") if self._has_changes else 0

    def end_movie(self) -> None:
        """Closes the movie of the episode."""
        if self.env.movie:
            self.env.movie.close()
            self.env.movie = None

    def close(self) -> None:
        self.end_movie()
        self.env.close()

    def _judge(self) -> tuple[float, bool]:
        """Returns the reward of the frame that was just run, and whether it ends the episode."""
        data = self.env.data
        if self._rules:
            return self._rules.judge(data.lookup_value)
        data.update_ram()
        return data.current_reward(), data.is_done()

    def _named(self, game: str) -> str:
        short = game[: -len(_VERSION)] if game.endswith(_VERSION) else game
        for name in (game, short):
            if os.sep not in name and self._find(name, "data.json", self._kinds):
                return name
        raise GameError(f"there is no game {game}")

    def _file(self, name: str) -> Path | None:
        path = self._find(self._name, name, self._kinds)
        return Path(path) if path else None

    def _state(self, state: str) -> bytes:
        if state not in self._loaded:
            path = None if os.sep in state else self._find(self._name, f"{state}.state", self._kinds)
            if not path:
                raise GameError(f"{self._name} has no state {state}")
            try:
                self._loaded[state] = read_state(Path(path))
            except GameFileError as error:
                raise GameError(str(error)) from error
        return self._loaded[state]


def library_here() -> str:
    """Returns the name of the library that this Python has."""
    return next((name for name in LIBRARIES if importlib.util.find_spec(name)), LIBRARIES[0])
