"""One emulator in this process: 4-frame steps with sticky actions, rewards and ends as the game's scenario has them."""

import gc
import hashlib
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import stable_retro

from actors.emulation.screen import resize_screen
from actors.games.games import WINDUP, game_file, game_folder, rom_file
from actors.portable.frame_skip import run_frames, undrawn_frame
from actors.portable.game_files import GameFileError, read_state, require_rules
from actors.portable.scenario import own_rules
from windup.game import BUTTONS

_CORE = Path(stable_retro.core_path()) / "genesis_plus_gx_libretro.so"


class EmulatorError(RuntimeError):
    """The emulator cannot execute a command: no ROM, no such state, a broken scenario."""


class Emulator:
    """A game in stable-retro's emulator, of which a process can hold one.

    It is a pure function of its commands: the caller draws the random numbers. In exact mode it does on every frame
    what stable-retro's own environment does. In lean mode it leaves out what cannot change the result: it draws the
    last frame of a step only, and judges frames itself where the scenario has no script. Both modes give the same
    numbers and screens.
    """

    def __init__(self, game: str, actions: Sequence[Sequence[str]], frame_skip: int = 4, exact: bool = False) -> None:
        self._game = game
        self._frame_skip = frame_skip
        rom = rom_file(game)
        if rom is None:
            raise EmulatorError(f"no ROM of {game} is imported")
        _check_states(game, rom)
        try:
            require_rules(self._path, game_folder(game) or game)
        except GameFileError as error:
            raise EmulatorError(str(error)) from error
        # An emulator that waits for the garbage collector still holds the process's only place.
        gc.collect()
        self._core = stable_retro.RetroEmulator(str(rom))
        self._data = stable_retro.data.GameData()
        self._core.configure_data(self._data)
        self._core.step()
        # The Retro Contest's reward and end where a game has them: the Sonic games.
        scenario = self._path("contest.json") or self._path("scenario.json")
        if scenario is None or not self._data.load(str(self._path("data.json")), str(scenario)):
            raise EmulatorError(f"{game}: data.json or {scenario.name if scenario else 'scenario.json'} cannot be read")
        self._scenario = scenario
        self._rules = None if exact else own_rules(self._path("lean.json") or scenario)
        self._masks = [self._mask(buttons) for buttons in actions]
        self._action = 0
        self._exact = exact
        self._undrawn = None if exact else undrawn_frame(_CORE)
        known = self._data.lookup_all().keys()
        self._has_position, self._has_changes = {"x", "y"} <= known, "changes" in known
        self._has_camera = {"x", "y", "screen_x", "screen_y"} <= known

    def reset(self, state: str) -> None:
        """Starts an episode from a state of the game, by name.

        Raises:
            EmulatorError: the game has no such state, or the emulator refuses it, or a script of the game fails.
        """
        path = self._path(f"{state}.state")
        if path is None:
            raise EmulatorError(f"{self._game} has no state {state}")
        # Not kept: 47 levels' states are 47 MiB in each of many emulators, and this takes 2 ms of an episode.
        try:
            content = read_state(path)
        except GameFileError as error:
            raise EmulatorError(str(error)) from error
        if not self._core.set_state(content):
            raise EmulatorError(f"{self._game}: the emulator does not take the state {state}")
        self._core.set_button_mask(self._masks[0] * 0, 0)
        self._core.step()
        self._data.reset()
        try:
            self._data.update_ram()
        except RuntimeError as error:
            raise EmulatorError(f"{self._scenario}: {error}") from error
        if self._rules:
            self._rules.begin(self._data.lookup_value)
        self._action = -1

    def step(self, action: int, sticky: bool) -> tuple[float, bool, int]:
        """Holds an action for `frame_skip` frames; if `sticky`, the first frame still has the action before it.

        This is the Retro Contest's frame skip. An episode's first step has no action before it.

        Returns:
            The sum of the frames' rewards, whether the episode is over, and the frames that were run: fewer than
            `frame_skip` where the episode ended on the way.

        Raises:
            EmulatorError: a script of the game fails.
        """
        masks = [self._masks[action]] * self._frame_skip
        if sticky and self._action >= 0:
            masks[0] = self._masks[self._action]
        self._action = action
        try:
            return run_frames(self._core, masks, self._judge, self._undrawn)
        # stable-retro raises this for an error in a script.
        except RuntimeError as error:
            raise EmulatorError(f"{self._scenario}: {error}") from error

    def screen(self) -> np.ndarray:
        """The screen without the game's borders, uint8 [H, W, 3]."""
        image = self._core.get_screen()
        x, y, w, h = self._data.crop_info(0)
        return image[y : y + h if h else None, x : x + w if w else None]

    def observe(self, out: np.ndarray) -> None:
        """Writes the screen, resized, to `out`: uint8 [S, S, 3]."""
        resize_screen(self.screen(), out)

    def position(self) -> tuple[int, int] | None:
        """Returns the player's place in the level in pixels (the game's variables x and y); None if it has none."""
        if not self._has_position:
            return None
        return self._data.lookup_value("x"), self._data.lookup_value("y")

    def place(self) -> tuple[float, float]:
        """Returns the player's x and y on the screen, as fractions of its width and height; nan if the game does not
        tell. It is the game's x and y less screen_x and screen_y, the place of the screen in the level.
        """
        if not self._has_camera:
            return math.nan, math.nan
        look_up = self._data.lookup_value
        left, top, width, height = self._data.crop_info(0)
        full_width, full_height = self._core.get_resolution()
        x, y = look_up("x") - look_up("screen_x") - left, look_up("y") - look_up("screen_y") - top
        return x / (width or full_width - left), y / (height or full_height - top)

    def changes(self) -> int:
        """Returns the variable `changes`, which differs once the player has changed the level; 0 if there is none."""
        return self._data.lookup_value("changes") if self._has_changes else 0

    def variables(self) -> dict[str, int]:
        """The game's variables by name, as they are now."""
        return dict(self._data.lookup_all())

    def _judge(self) -> tuple[float, bool]:
        """Returns the reward of the frame that was just run, and whether it ends the episode."""
        if self._exact:
            self._core.get_screen()
        if self._rules:
            return self._rules.judge(self._data.lookup_value)
        self._data.update_ram()
        return self._data.current_reward(), self._data.is_done()

    def _mask(self, buttons: Sequence[str]) -> np.ndarray:
        bits = self._data.filter_action(sum(1 << BUTTONS.index(button) for button in buttons))
        return np.array([bits >> i & 1 for i in range(len(BUTTONS))], np.uint8)

    def _path(self, file: str) -> Path | None:
        return game_file(self._game, file)


def _check_states(game: str, rom: Path) -> None:
    """Checks that the ROM of our own game is the one of its states: with another one they would show the old level."""
    manifest = game_file(game, "levels.json") if game == WINDUP else None
    if manifest and json.loads(manifest.read_text())["rom_sha256"] != hashlib.sha256(rom.read_bytes()).hexdigest():
        raise EmulatorError(f"{game}: the start states were made with another ROM; make both anew with `make game`")
