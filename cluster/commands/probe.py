"""The command `sonic-worlds probe`."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro
from rich.console import Console

from actors.games.games import WINDUP
from actors.games.levels import SPLITS, Level, LevelError, require_roms, select_levels
from cluster.config.bounds import require_between
from cluster.config.errors import UsageError
from cluster.config.output_file import replace_json, require_writable
from cluster.run.agent import TrainedRun, find_run
from cluster.run.folder import PROBE_FILE
from world_model.section import MOST_SEED

if TYPE_CHECKING:
    # Here, so that bad input is answered before torch is loaded, which takes seconds.
    from cluster.scoring.probe_play import Played

_GAMES = 20
_LEAST, _MOST = 400, 1_000_000


@dataclass(frozen=True)
class ProbeArguments:
    """Measure what a run's world model knows of the game, by probes that are fitted and tested on different levels."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Folder of a run, whose newest checkpoint is taken, or of one of its checkpoints."""
    json: Path | None = None
    """JSON file for the results. None: probe.json in the run's folder, where the report looks for it."""
    frames: int = 16_000
    """Frames to play; the probes are fitted on three quarters of them and tested on the rest."""
    seed: int = 0
    """Seed of all random numbers."""


def probe_command(arguments: ProbeArguments, console: Console | None = None) -> int:
    """Plays, fits probes, writes the file and prints a table, or tab separated lines where stdout is no terminal.

    Returns:
        The exit code.

    Raises:
        UsageError: the arguments or the run are wrong, or its game has none of the variables that probes need.
    """
    console = console or Console(highlight=False)
    require_between("--frames", arguments.frames, _LEAST, _MOST)
    require_between("--seed", arguments.seed, 0, MOST_SEED)
    run = find_run(arguments.run)
    out = arguments.json or _folder(arguments.run) / PROBE_FILE
    require_writable("--json", out)
    fit_on, judge_on = _levels(run)
    print(f"{run.checkpoint.path}: playing {arguments.frames:,} frames to ask it of", file=sys.stderr)
    started, used = time.perf_counter(), time.process_time()
    # Here, so that bad input is answered before torch is loaded, which takes seconds.
    import torch

    from cluster.scoring.probe import counted, probe
    from cluster.scoring.probe_view import HEADINGS, rows, table
    from cluster.scoring.result import machine

    # With more, sums would be in another order, and the numbers a little different.
    torch.set_num_threads(1)
    model = _model(run)
    size = model.spec.observation_size
    fit = _play(fit_on, arguments.frames * 3 // 4, size, arguments.seed)
    judge = _play(judge_on, arguments.frames // 4, size, arguments.seed + 1)
    result: dict[str, Any] = probe(model, fit, judge, arguments.seed)
    result["about"] = {
        "checkpoint": str(run.checkpoint.path),
        "steps": run.checkpoint.summary["steps_total"],
        "world_model": model.spec.as_dict(),
        "game": fit_on[0].game,
        "levels": {"fit": [level.state for level in fit_on], "judge": [level.state for level in judge_on]},
        "frames": {"fit": counted(fit), "judge": counted(judge)},
        "seed": arguments.seed,
        "cpu_seconds": round(time.process_time() - used, 1),
        "wall_seconds": round(time.perf_counter() - started, 1),
        **machine(),
    }
    replace_json(out, result)
    if console.is_terminal:
        console.print(table(result))
        console.print(f"{counted(fit):,} frames to fit on, {counted(judge):,} to judge on; all of it is in {out}")
    else:
        print("\n".join("\t".join(row) for row in [HEADINGS, *rows(result)]), file=console.file)
    return 0


def _folder(path: Path) -> Path:
    """Returns the folder of a run, from its path or that of one of its checkpoints."""
    return path.absolute().parents[1] if (path / "manifest.json").is_file() else path


def _levels(run: TrainedRun) -> tuple[list[Level], list[Level]]:
    """Returns levels of the run's first game to fit on, and levels to test on: all of them where there are no splits.

    Raises:
        UsageError: there is no ROM, or no native game, or the game has none of the variables that probes need.
    """
    own = select_levels(run.config.levels)
    game = own[0].game
    if game == WINDUP:
        from actors.emulation.native_levels import require_native

        levels = list(SPLITS["windup-train"]), list(SPLITS["windup-validation"])
        check = require_native
    else:
        own = [level for level in own if level.game == game]
        validation = [level for level in SPLITS["contest-validation"] if level.game == game]
        levels = own, validation or own
        check = require_roms
    try:
        check([*levels[0], *levels[1]])
    except LevelError as error:
        raise UsageError(f"probe: {error}") from error
    if game != WINDUP:
        _require_variables(game)
    return levels


def _require_variables(game: str) -> None:
    import json

    from actors.games.games import game_file
    from cluster.scoring.probe_truths import measurable

    file = game_file(game, "data.json")
    if file is None or not measurable(list(json.loads(file.read_text())["info"])):
        raise UsageError(f"probe: {game} has no variables x and y, so there is nothing to ask its world model for")


def _model(run: TrainedRun) -> Any:
    from world_model.weights import WeightsError, load_model

    try:
        return load_model(run.checkpoint.path / "world_model.safetensors")
    except (WeightsError, OSError) as error:
        raise UsageError(f"RUN {run.checkpoint.path}: it holds no world model: {error}") from error


def _play(levels: list[Level], frames: int, size: int, seed: int) -> "Played":
    from cluster.scoring.probe_play import EmulatorStage, NativeStage, play

    if levels[0].game == WINDUP:
        return play(NativeStage(_GAMES, size), _GAMES, frames // _GAMES, levels, size, seed)
    return play(EmulatorStage(levels[0].game), 1, frames, levels, size, seed)
