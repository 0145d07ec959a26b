"""The command `sonic-worlds dream`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from actors.portable.contest import EPISODE_STEPS
from cluster.commands.showing import require_movie
from cluster.commands.shown_level import ShownBy, plays_native, shown_level
from cluster.commands.watch import STEPS_PER_SECOND
from cluster.config.bounds import require_between
from cluster.config.errors import UsageError
from cluster.host.stopper import stopped_as_by_ctrl_c
from cluster.run.agent import find_run, load_mind
from cluster.viewing.movie import Movie
from world_model.finite import NotFiniteError
from world_model.section import MOST_SEED

_COLDEST, _HOTTEST = 0.001, 1000.0


@dataclass(frozen=True)
class DreamArguments:
    """Let the world model run on its own from a real start, beside what the emulator does with the same actions."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Folder of the run, whose newest checkpoint is taken, or of one of its checkpoints."""
    level: str | None = None
    """Level to begin in: GAME/STATE, or its name alone. None: the first that the run was trained on."""
    emulator: ShownBy | None = None
    """Emulator to play beside: local, or native: Windup, compiled for this machine. None: as the run has it."""
    record: Path = Path("dream.mp4")
    """File for the movie, .mp4 or .gif."""
    steps: int = 150
    """Steps to dream, 15 a second."""
    temperature: float = 1.0
    """Temperature at which M is sampled; below 1 its dreams vary less."""
    seed: int = 0
    """Seed of all random numbers."""


def dream_command(arguments: DreamArguments) -> int:
    """Dreams, writes the movie and prints the step at which dream and emulator part; returns the exit code.

    Raises:
        UsageError: the arguments are wrong, or the extra `movies` is not installed.
    """
    require_between("--steps", arguments.steps, 1, EPISODE_STEPS)
    require_between("--temperature", arguments.temperature, _COLDEST, _HOTTEST)
    require_between("--seed", arguments.seed, 0, MOST_SEED)
    require_movie(arguments.record)
    run = find_run(arguments.run)
    native = plays_native(arguments.emulator, run)
    level = shown_level(run, arguments.level, native)
    print(f"{run.checkpoint.path} dreams of {level}; loading it", file=sys.stderr)
    # Here, so that bad input is answered before torch is loaded, which takes seconds.
    from actors.emulation.emulator import EmulatorError
    from actors.games.games import actions_of
    from cluster.viewing.dream import dream
    from cluster.viewing.dream_canvas import draw_dream

    try:
        dreamed = dream(load_mind(run), level, arguments.steps, arguments.temperature, arguments.seed, native)
    except (EmulatorError, NotFiniteError) as error:
        raise UsageError(f"dream: {error}") from error
    if not dreamed.steps:
        raise UsageError(f"--level {level}: its episode ended before the dream began")
    buttons = ["+".join(held) or "none" for held in actions_of(level.game)]
    with stopped_as_by_ctrl_c(), Movie(arguments.record, STEPS_PER_SECOND, scale=1) as movie:
        for step, shown in enumerate(dreamed.steps):
            movie.add(draw_dream(dreamed, step, level.state, buttons[shown.action]))
    outcome = "do not part" if dreamed.parted is None else f"part at step {dreamed.parted}"
    print(f"dream and emulator {outcome} of {len(dreamed.steps)}; the movie is in {arguments.record}")
    return 0
