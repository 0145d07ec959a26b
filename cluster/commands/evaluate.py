"""The command `sonic-worlds evaluate`."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from rich.console import Console

from actors.agents.evaluator import Job, Outcome
from actors.agents.simple import SIMPLE_OBSERVATION_SIZE, Agent, HoldRight, RandomAgent
from actors.emulation.emulator import EmulatorError
from actors.games.games import actions_of, rom_sha1
from actors.games.levels import Level
from actors.portable.contest import EPISODE_STEPS, STICKY_PROBABILITY
from cluster.commands.selected_levels import selected_levels
from cluster.commands.shown_level import ShownBy, plays_native
from cluster.config.bounds import require_between
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.config.output_file import require_writable
from cluster.run.agent import TrainedRun, find_run, load_agent
from cluster.scoring import scores
from cluster.scoring.evaluation_view import EvaluationView
from world_model.finite import NotFiniteError
from world_model.section import MOST_SEED

_DEFAULTS = TrainConfig()


@dataclass(frozen=True)
class EvaluateArguments:
    """Scores an agent, which learns nothing meanwhile, under the Retro Contest's rules."""

    run: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[RUN]")] = None
    """Folder of a run, whose newest checkpoint is taken, or of one of its checkpoints."""
    split: Literal["train", "validation"] | None = None
    """Split whose levels are played, of the game that the run was trained on. None: validation."""
    levels: str | None = None
    """Levels to play instead of a split: splits, games, GAME/STATE, or patterns with *, comma separated."""
    policy: Literal["random", "hold-right"] | None = None
    """Simple agent to score instead of a run's."""
    emulator: ShownBy | None = None
    """Emulators to play on: local, or native: Windup, compiled for this machine. None: as the run has it."""
    episodes: int = 3
    """Episodes to play of each level."""
    seed: int = 0
    """Seed of all random numbers. Scores depend on it alone, not on how many emulators play side by side."""
    json: Path | None = None
    """JSON file to write with every episode's score and all settings."""
    actors: int = _DEFAULTS.actors
    """Number of actors that play."""
    emulators_per_actor: int = _DEFAULTS.emulators_per_actor
    """Number of emulators of each actor."""


def evaluate_command(arguments: EvaluateArguments, console: Console | None = None) -> int:
    """Plays the episodes and prints a table, or tab separated lines where stdout is no terminal.

    Returns:
        The exit code.

    Raises:
        UsageError: the arguments, the run, or a level's state are wrong.
    """
    console = console or Console(highlight=False)
    _check(arguments)
    run = find_run(arguments.run) if arguments.run else None
    native = plays_native(arguments.emulator, run)
    levels = selected_levels(arguments.split, arguments.levels, run.config if run else _DEFAULTS, native)
    jobs = [Job(level, episode) for level in levels for episode in range(arguments.episodes)]
    with EvaluationView(len(jobs)) as view:
        for warning in run.warnings if run else []:
            view.say(f"warning: {warning}")
        # First, because what comes then takes many seconds.
        view.say(f"{_who(arguments, run)}: {arguments.episodes} episodes of each of {len(levels)} levels; starting")
        agent, observation_size = _agent(arguments, run, levels)
        outcomes = _play(arguments, jobs, agent, observation_size, native, view)
        if outcomes is None:
            view.say("stopped; nothing is written")
            return 130
    results = scores.per_level(outcomes)
    if arguments.json:
        scores.write_json(arguments.json, results, _about(arguments, run, levels, native))
    if console.is_terminal:
        console.print(scores.table(results))
    else:
        print(scores.lines(results), file=console.file)
    return 0


def _check(arguments: EvaluateArguments) -> None:
    if (arguments.run is None) == (arguments.policy is None):
        both = f"RUN {arguments.run} and --policy {arguments.policy} exclude each other"
        neither = "nothing to evaluate; give the folder of a run, or --policy random or --policy hold-right"
        raise UsageError(f"evaluate: {both if arguments.run else neither}")
    for name, most in (("episodes", 10_000), ("actors", 1000), ("emulators_per_actor", 1000)):
        require_between(f"--{name.replace('_', '-')}", getattr(arguments, name), 1, most)
    require_between("--seed", arguments.seed, 0, MOST_SEED)
    if arguments.json:
        require_writable("--json", arguments.json)


def _agent(arguments: EvaluateArguments, run: TrainedRun | None, levels: Sequence[Level]) -> tuple[Agent, int]:
    """Returns the agent, and the side of its frames in pixels."""
    if run is None:
        unable = next((level.game for level in levels if ("RIGHT",) not in actions_of(level.game)), None)
        if arguments.policy == "hold-right" and unable:
            raise UsageError(f"--policy hold-right: {unable} has no action that holds RIGHT alone; take random")
        return (RandomAgent() if arguments.policy == "random" else HoldRight()), SIMPLE_OBSERVATION_SIZE
    agent = load_agent(run)
    spec = agent.model.spec
    if spec.actions != len(actions_of(levels[0].game)):
        raise UsageError(
            f"RUN {arguments.run}: its agent has {spec.actions} actions, {levels[0].game} has"
            f" {len(actions_of(levels[0].game))}"
        )
    return agent, spec.observation_size


def _play(
    arguments: EvaluateArguments,
    jobs: Sequence[Job],
    agent: Agent,
    observation_size: int,
    native: bool,
    view: EvaluationView,
) -> list[Outcome] | None:
    """Plays the jobs; returns their outcomes, None when a signal stopped the evaluation."""
    # Here, so that bad input is answered before Ray is loaded, which takes seconds.
    import ray

    from cluster.host.janitor import Janitor
    from cluster.host.ray_cluster import quiet, start_ray
    from cluster.host.stopper import Stopper
    from cluster.scoring.evaluation import Stopped, play_all

    with Janitor() as janitor:
        with quiet(janitor.folder / "start.log"):
            start_ray(janitor.folder)
        try:
            # After Ray has started, which sets a handler of its own for SIGTERM.
            with Stopper(lambda: view.say("stopping"), janitor.close) as stop:
                return play_all(
                    jobs,
                    agent,
                    observation_size,
                    arguments.seed,
                    arguments.actors,
                    arguments.emulators_per_actor,
                    view.add,
                    lambda: stop.requested,
                    native,
                )
        except Stopped:
            return None
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, EmulatorError | NotFiniteError):
                raise UsageError(f"evaluate: {error.cause}") from error
            raise
        finally:
            ray.shutdown()


def _who(arguments: EvaluateArguments, run: TrainedRun | None) -> str:
    if run is None:
        return f"policy {arguments.policy}"
    return f"{run.checkpoint.path} ({run.checkpoint.summary['steps_total']:,} steps)"


def _about(
    arguments: EvaluateArguments, run: TrainedRun | None, levels: Sequence[Level], native: bool
) -> dict[str, Any]:
    """Returns everything that the scores depend on (JSON-able)."""
    return {
        "policy": arguments.policy or "trained",
        "checkpoint": str(run.checkpoint.path) if run else None,
        "checkpoint_steps": run.checkpoint.summary["steps_total"] if run else None,
        "emulator": "native" if native else "local",
        "split": None if arguments.levels else arguments.split or "validation",
        "episodes_per_level": arguments.episodes,
        "seed": arguments.seed,
        "sticky_probability": STICKY_PROBABILITY,
        "max_episode_steps": EPISODE_STEPS,
        "roms": {game: rom_sha1(game) for game in sorted({level.game for level in levels})},
        "versions": {"python": platform.python_version()}
        | {package: version(package) for package in ("sonic-worlds", "stable-retro", "torch", "numpy")},
    }
