"""Program that serves a game to one client: to any agent as in the Retro Contest, or to one of our actors.

PYTHON -m actors.gym_remote.host GAME STATE --dir DIRECTORY, with any Python that has gym-retro or stable-retro.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from typing import Any, NoReturn

import numpy as np

from actors.gym_remote.channels import BoolChannel, IntChannel, box, discrete
from actors.gym_remote.errors import ProtocolError
from actors.gym_remote.retro_game import INTEGRATIONS, LIBRARIES, GameError, RetroGame, library_here
from actors.gym_remote.score_log import ScoreLog
from actors.gym_remote.server import Hosted, Values, serve
from actors.portable.contest import EPISODE_STEPS

STICKY_PROBABILITY = 0.25


class RetroHosted(Hosted):
    """The base of hosted games: takes pressed buttons, returns screens."""

    def __init__(self, game: RetroGame) -> None:
        super().__init__(game.env)
        self._game = game
        self.channels["ob"] = box(game.shape, np.uint8)
        self._before: np.ndarray | None = None

    def _begin(self, state: str) -> Values:
        self._game.reset(state)
        self._before = None
        return {"ob": self._game.screen()}

    def _step(self, buttons: np.ndarray, sticky: bool) -> tuple[float, bool, int]:
        """Runs a step of 4 frames; if `sticky`, the first one still has the buttons of the step before."""
        mask = self._game.mask(buttons)
        first = mask if self._before is None or not sticky else self._before
        self._before = mask
        return self._game.step(first, mask)

    def close(self) -> None:
        self._game.close()


class ContestHosted(RetroHosted):
    """One level with the contest's rules: sticky actions, episodes of at most 4,500 steps, movies and logs."""

    def __init__(self, game: RetroGame, state: str, log: ScoreLog, seed: int | None) -> None:
        super().__init__(game)
        self._state = state
        self._log = log
        self._random = random.Random(seed)
        self._steps = 0

    def reset(self, given: Values) -> Values:
        self._steps = 0
        self._log.reset()
        return self._begin(self._state)

    def step(self, given: Values) -> Values:
        reward, done, _ = self._step(given["ac"], self._random.random() < STICKY_PROBABILITY)
        self._steps += 1
        done = done or self._steps >= EPISODE_STEPS
        self._log.step(reward, done)
        if done:
            self._game.end_movie()
        return {"ob": self._game.screen(), "reward": reward, "done": done}

    def close(self) -> None:
        super().close()
        self._log.close()


class TrainingHosted(RetroHosted):
    """All levels of a game, for actors that draw the levels and the sticky actions themselves.

    It has more channels than a contest's host. From the client: `level`, the number of the episode's level in the
    annotation `names`, and `sticky`. To the client: `frames`, the number of frames that were run; `x` and `y` of the
    player, -1 if the game does not have them; the game's variable `changes`, 0 if it has none; `screen_x` and
    `screen_y`, the place of the screen in the level, if the game has all four.
    """

    def __init__(self, game: RetroGame, state: str | None) -> None:
        super().__init__(game)
        self._level = game.states.index(state) if state is not None else 0
        level = discrete(len(game.states))
        level.annotations["names"] = " ".join(game.states)
        self.channels.update(
            {
                "level": level,
                "sticky": BoolChannel(),
                **{name: IntChannel() for name in ("frames", "x", "y", "changes", *game.camera())},
            }
        )

    def reset(self, given: Values) -> Values:
        return {**self._begin(self._game.states[given.get("level", self._level)]), **self._variables(0)}

    def step(self, given: Values) -> Values:
        reward, done, frames = self._step(given["ac"], given.get("sticky", False))
        return {"ob": self._game.screen(), "reward": reward, "done": done, **self._variables(frames)}

    def _variables(self, frames: int) -> Values:
        x, y = self._game.position()
        return {"frames": frames, "x": x, "y": y, "changes": self._game.changes(), **self._game.camera()}


def main() -> int:
    given = _arguments()
    signal.signal(signal.SIGTERM, _end)
    # nohup has it ignored, and means it.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _end)
    try:
        game = RetroGame(given.library, given.game, given.state, given.integrations, lean=given.training)
        if given.training:
            hosted: RetroHosted = TrainingHosted(game, given.state)
        else:
            hosted = ContestHosted(game, given.state, ScoreLog(given.log), given.seed)
        if given.movies:
            os.makedirs(given.movies, exist_ok=True)
            game.record(given.movies)
        os.makedirs(given.dir, exist_ok=True)
        try:
            serve(hosted, given.dir, given.steps, given.seconds, contest_resets=not given.training)
        finally:
            hosted.close()
    except KeyboardInterrupt:
        return 130
    except (GameError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ProtocolError as error:
        print(f"error: the client does not speak gym-remote: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser("python -m actors.gym_remote.host", description=__doc__)
    parser.add_argument("game", help="such as Windup-Genesis-v0")
    parser.add_argument("state", nargs="?", help="such as Playroom.Act1")
    parser.add_argument("--dir", type=os.path.expanduser, required=True, help="where client and server meet")
    parser.add_argument("--library", choices=LIBRARIES, default=library_here(), help="default: the one that is there")
    parser.add_argument(
        "--integrations",
        type=os.path.expanduser,
        default=INTEGRATIONS,
        help="folder of more games; default: the free game's",
    )
    parser.add_argument("--training", action="store_true", help="for actors, which draw levels and sticky actions")
    parser.add_argument("--steps", type=_positive(int), help="that are served, resets among them")
    parser.add_argument("--seconds", type=_positive(float), help="that serving lasts")
    parser.add_argument("--movies", type=os.path.expanduser, help="folder for a bk2 movie of each episode")
    parser.add_argument("--log", type=os.path.expanduser, help="folder for monitor.csv and log.csv")
    parser.add_argument("--seed", type=int, help="of the sticky actions")
    given = parser.parse_args()
    if given.training and (given.log or given.seed is not None):
        parser.error("--training has no --log and no --seed: the actor scores and draws")
    if not given.training and given.state is None:
        parser.error("a contest needs a STATE")
    return given


def _positive(kind: Any) -> Any:
    def parse(word: str) -> Any:
        number = kind(word)
        # A system call can wait for 2,147,483 seconds.
        if not 0 < number <= (2_000_000 if kind is float else 10**15):
            raise argparse.ArgumentTypeError(f"{word} is not above 0, or too large")
        return number

    parse.__name__ = kind.__name__
    return parse


def _end(*_: object) -> NoReturn:
    """Ends the host as Ctrl-C does: files and movies are closed."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
