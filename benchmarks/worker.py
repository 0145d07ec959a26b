"""A process that is measured: says `ready`; for every line it gets it works a while and prints its steps a second.

python -m benchmarks.worker KIND SECONDS EMULATORS LEVEL
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import cycle, pairwise
from typing import Any

import numpy as np

from actors.games.games import WINDUP, actions_of
from actors.games.levels import Level

FRAME_SKIP = 4
_WARM_UP_STEPS = 50
_EPISODES = 3
_MOST_STEPS = 3000


def bare(level: Level) -> Callable[[], int]:
    """Returns a loop of `em.step()` alone, without screen and reward, over recorded episodes of random play.

    It must not go on after an episode's end: what the game shows then takes less time to emulate.
    """
    from actors.emulation.emulator import Emulator

    emulator = Emulator(level.game, actions_of(level.game))
    core, masks = emulator._core, emulator._masks
    rng = np.random.default_rng(0)
    plan: list[int] = []
    for _ in range(_EPISODES):
        emulator.reset(level.state)
        plan.append(-1)
        done = False
        while not done and len(plan) < _MOST_STEPS:
            plan.append(int(rng.integers(len(masks))))
            _, done, _ = emulator.step(plan[-1], sticky=False)
    actions = cycle(plan)

    def step() -> int:
        action = next(actions)
        if action < 0:
            emulator.reset(level.state)
            return 0
        core.set_button_mask(masks[action], 0)
        for _ in range(FRAME_SKIP):
            core.step()
        return 1

    return step


def networks(batch: int) -> Callable[[], int]:
    """Returns a loop of a rollout actor's arithmetic alone, in plain torch: V's encoder, M and the policy on one batch.

    In bfloat16 where that is faster, with weights that were converted once.
    """
    import torch
    from torch import nn

    from cluster.config.config import TrainConfig
    from world_model.model import WorldModel
    from world_model.precision import bf16_is_faster
    from world_model.spec import preset_spec
    from world_model.vae import images

    torch.set_num_threads(1)
    number = torch.bfloat16 if bf16_is_faster("cpu") else torch.float32
    spec = preset_spec(TrainConfig().preset, len(actions_of(WINDUP)))
    model = WorldModel(spec).requires_grad_(False).eval().to(number)
    sizes = [spec.observation, *TrainConfig().policy.hidden]
    layers = [layer for inputs, outputs in pairwise(sizes) for layer in (nn.Linear(inputs, outputs), nn.Tanh())]
    policy = nn.Sequential(*layers, nn.Linear(sizes[-1], spec.actions)).requires_grad_(False)
    frames = torch.randint(0, 256, (batch, spec.observation_size, spec.observation_size, 3), dtype=torch.uint8)
    actions = torch.randint(0, spec.actions, (batch,))
    zeros = torch.zeros(batch, spec.hidden, dtype=number)

    @torch.inference_mode()
    def step() -> int:
        mean, _ = model.vae.encode(images(frames).to(number))
        h, _ = model.forward_model.step(mean.to(number), actions, (zeros, zeros))
        policy(torch.cat([mean, h.float(), *[mean] * spec.sees_change], -1))
        return batch

    return step


def pool(level: Level, emulators: int, native: bool = False) -> Callable[[], int]:
    """Returns a loop of a pool with random actions and resets. Native games are stepped by a thread for each core."""
    from actors.emulation.kinds import make_pool
    from actors.emulation.settings import EmulatorSettings

    settings = EmulatorSettings(kind="native" if native else "local", stuck_steps=None)
    threads = len(os.sched_getaffinity(0))
    pool = make_pool([level.game] * emulators, lambda i: level, settings, 0, threads=threads)
    pool.reset()
    rng = np.random.default_rng(0)

    def step() -> int:
        pool.step(rng.integers(0, 10, emulators))
        return emulators

    return step


def rollout(level: Level, emulators: int, fragment: int = 16, native: bool = False) -> Callable[[], int]:
    """Returns a loop of `rollout_runner`. A fragment is a number of steps of each emulator."""
    runner = rollout_runner([level], emulators, native)

    def step() -> int:
        runner.sample(num_timesteps=fragment * emulators)
        return int(runner.report()["tally"].steps)

    return step


def run_fragment(emulators: int) -> int:
    """Returns the steps of each emulator that PPO gets at a time, with a number of emulators an actor."""
    from cluster.config.config import TrainConfig

    config = TrainConfig()
    return max(1, config.policy.train_batch_steps // (config.actors * emulators))


def rollout_runner(levels: Sequence[Level], emulators: int, native: bool = False) -> Any:
    """Makes RLlib's runner as in training, without a learner for its sequences and a server for its weights."""
    from actors.emulation.settings import EmulatorSettings
    from actors.rollout.env_runner import CuriousEnvRunner
    from actors.rollout.rollout import Rollout
    from cluster.config.config import TrainConfig
    from cluster.run.spec import run_spec
    from learners.policy import policy_config

    class Nobody:
        def poll(self, actor: str, using: int) -> None:
            return None

        def add(self, sequences: Any) -> None:
            return

    config = TrainConfig()
    make = Rollout(
        levels=tuple(levels),
        emulators=emulators,
        emulator=EmulatorSettings(kind="native" if native else "local", stuck_steps=None),
        spec=run_spec(config, list(levels)),
        curiosity=config.curiosity,
        reward=config.reward,
        sequence_length=config.world_model.sequence_length,
        seed=0,
        remote=False,
        server=Nobody(),
        learner=Nobody(),
    )
    settings = policy_config(
        config.policy, CuriousEnvRunner, {"make": make}, 1, emulators, seed=0, serial=True, steps=0
    )
    return settings.env_runner_cls(config=settings, worker_index=0)


def main() -> None:
    kind, seconds, emulators = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    level = Level(*sys.argv[4].split("/"))
    step = {
        "bare": lambda: bare(level),
        "networks": lambda: networks(emulators),
        "pool": lambda: pool(level, emulators),
        "native-pool": lambda: pool(level, emulators, native=True),
        "rollout": lambda: rollout(level, emulators),
        "run-rollout": lambda: rollout(level, emulators, run_fragment(emulators)),
        "native-rollout": lambda: rollout(level, emulators, run_fragment(emulators), native=True),
    }[kind]()
    for _ in range(2 if kind.endswith("rollout") else _WARM_UP_STEPS):
        step()
    print("ready", flush=True)
    for _ in sys.stdin:
        steps, begin = 0, time.perf_counter()
        while time.perf_counter() - begin < seconds:
            steps += step()
        print(steps / (time.perf_counter() - begin), flush=True)


if __name__ == "__main__":
    main()
