"""The command `sonic-worlds agent`."""

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import numpy as np
import tyro

from actors.agents.simple import SIMPLE_OBSERVATION_SIZE, HoldRight, RandomAgent
from actors.contest_agents.console import NoConsoleError
from actors.contest_agents.jerk import Jerk
from actors.contest_agents.player import play
from actors.games.games import WINDUP
from actors.games.levels import select_levels
from actors.gym_remote.client import RemoteEnv
from actors.gym_remote.errors import GymRemoteError, ServerDisconnectError, TimestepLimitError, WallClockLimitError
from actors.gym_remote.server import socket_path
from cluster.config.bounds import require_between
from cluster.config.errors import UsageError
from cluster.run.agent import TrainedRun, find_run, load_agent
from world_model.finite import NotFiniteError
from world_model.section import MOST_SEED, MOST_STEPS

_CONNECT_SECONDS = 60.0


@dataclass(frozen=True)
class AgentArguments:
    """Plays what a gym-remote server hosts, as an agent of the Retro Contest does, until the server ends it."""

    dir: Path
    """Directory of the server, which may start later."""
    run: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[RUN]")] = None
    """Folder of a run, whose newest checkpoint is taken, or of one of its checkpoints."""
    policy: Literal["random", "hold-right", "jerk", "ppo"] | None = None
    """Agent that needs no run: random, hold-right, or one of the contest's baselines jerk and ppo, which learn as they
    play."""
    learn: bool = False
    """Go on learning from the checkpoint as it plays, world model and curiosity included."""
    out: Path | None = None
    """Folder for the run that --learn makes. None: beside RUN."""
    steps: int = 1_000_000
    """Steps that the server allows, by which agents that learn set their schedules."""
    seed: int = 0
    """Seed of all random numbers."""


def agent_command(arguments: AgentArguments) -> int:
    """Plays until the server's limit is reached; returns the exit code: 1 where the server has gone before.

    Raises:
        UsageError: the arguments or the run are wrong, or there is no server, or it serves no console.
    """
    _check(arguments)
    run = find_run(arguments.run) if arguments.run else None
    for warning in run.warnings if run else []:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"plays what is served in {arguments.dir}, once it is", file=sys.stderr)
    try:
        if run and arguments.learn:
            # Here, because what learns takes seconds to load.
            from cluster.training.learning_agent import learn_on

            return learn_on(arguments.dir, run, arguments.out, arguments.steps, arguments.seed, _CONNECT_SECONDS)
        if run:
            _play_trained(arguments, run)
        if arguments.policy == "ppo":
            _play_ppo(arguments)
        _play_simple(arguments)
    except NoConsoleError as error:
        raise UsageError(f"--dir {arguments.dir}: {error}") from error
    except NotFiniteError as error:
        raise UsageError(f"RUN {arguments.run}: {error}") from error
    except (TimestepLimitError, WallClockLimitError) as end:
        print(end)
        return 0
    except GymRemoteError as error:
        print(f"sonic-worlds: error: the environment has gone: {error}", file=sys.stderr)
        return 1


def _check(arguments: AgentArguments) -> None:
    if (arguments.run is None) == (arguments.policy is None):
        both = f"RUN {arguments.run} and --policy {arguments.policy} exclude each other"
        neither = "nothing to play; give the folder of a run, or --policy random, hold-right, jerk or ppo"
        raise UsageError(f"agent: {both if arguments.run else neither}")
    if arguments.learn and arguments.run is None:
        raise UsageError(f"--learn: it is for a RUN; --policy {arguments.policy} learns or does not, as it is")
    if arguments.out and not arguments.learn:
        raise UsageError(f"--out {arguments.out}: it is for the run that --learn makes")
    try:
        socket_path(str(arguments.dir))
    except OSError as error:
        raise UsageError(f"--dir {arguments.dir}: {error.strerror}") from error
    require_between("--steps", arguments.steps, 1, MOST_STEPS)
    require_between("--seed", arguments.seed, 0, MOST_SEED)


def _play_simple(arguments: AgentArguments) -> NoReturn:
    rng = np.random.default_rng(arguments.seed)
    with _environment(arguments) as env:
        if arguments.policy == "jerk":
            Jerk(env, arguments.steps, rng).play()
        agent = RandomAgent() if arguments.policy == "random" else HoldRight()
        play(env, agent, WINDUP, SIMPLE_OBSERVATION_SIZE, rng)


def _play_ppo(arguments: AgentArguments) -> NoReturn:
    # Here, so that bad input is answered before RLlib is loaded, which takes seconds.
    from actors.contest_agents.pixels import RemotePixels
    from learners.pixel_ppo import learn

    # RLlib warns of its own old ways.
    logging.getLogger("ray").setLevel(logging.ERROR)
    with _environment(arguments) as env:
        learn(RemotePixels(env), arguments.steps, arguments.seed)


def _play_trained(arguments: AgentArguments, run: TrainedRun) -> NoReturn:
    agent = load_agent(run)
    game = select_levels(run.config.levels)[0].game
    with _environment(arguments) as env:
        play(env, agent, game, agent.model.spec.observation_size, np.random.default_rng(arguments.seed))


def _environment(arguments: AgentArguments) -> RemoteEnv:
    try:
        return RemoteEnv(str(arguments.dir), _CONNECT_SECONDS)
    except ServerDisconnectError as error:
        raise UsageError(f"--dir {arguments.dir}: {error}") from error
