"""Trains, saves and resumes a run, and prints of each life what its agent makes of the same frames.

python -m tests.end_to_end.same_agent FOLDER ALGORITHM LIFE... LIFE is serial, or a number of actors; killed+LIFE: then
the parameter server and an actor are killed. The first life trains until the world model stands still and saves; the
others go on from there. Prints JSON: for each life a list, with each actor's digests of z, h, logits and value.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import ray
import torch

from actors.games.levels import select_levels
from benchmarks.process_tree import descendants
from cluster.config.config import TrainConfig
from cluster.host.janitor import Janitor
from cluster.metrics.faults import Faults
from cluster.run.folder import RunFolder
from cluster.training.ray_parts import RayParts
from cluster.training.serial_parts import SerialParts
from learners.policy_weights import policy_network, value_network
from world_model.state_tree import load_tree, save_tree

UPDATES, PUBLISH_EVERY, SECONDS = 12, 3, 300.0
VERSIONS = 1 + UPDATES // PUBLISH_EVERY
"""The learner publishes one to begin with."""
EMULATORS = 3


def main() -> None:
    folder, algorithm, *lives = sys.argv[1:]
    settings: dict[str, Any] = {
        "algorithm": algorithm,
        "levels": "Garden.Act1",
        "preset": "small",
        "curiosity": "learning_progress",
        "emulators_per_actor": EMULATORS,
        "seed": 3,
        "policy": {"train_batch_steps": 120, "minibatch_size": 40, "epochs": 2},
        "world_model": {
            "batch_sequences": 4,
            "sequence_length": 8,
            "training_ratio": 2.0,
            "warm_up_updates": 2,
            "publish_every": PUBLISH_EVERY,
            "measure_updates": 4,
            "slow_after": None,
            "freeze_after": UPDATES,
            "sampling_waits": False,
        },
        "resources": {"rollout_actor": {"cpus": 0}},
    }
    run = RunFolder.create(TrainConfig(runs_dir=Path(folder), name="run", **settings))
    result = []
    for number, life in enumerate(lives):
        killed, kind = life.startswith("killed+"), life.removeprefix("killed+")
        serial = kind == "serial"
        config = TrainConfig(**settings, serial=serial, actors=1 if serial else int(kind))
        state = load_tree(run.path, "state")["parts"] if number else None
        levels = select_levels(config.levels)
        make = SerialParts if serial else RayParts
        with Janitor() as janitor, make(config, levels, None, run, janitor.folder, Faults(say), state) as parts:
            while parts.get_metrics()["world_model_updates_total"] < UPDATES:
                parts.iterate()
            # An update is counted before it is published.
            until(lambda: parts.get_metrics()["weights_version"] >= VERSIONS)
            parts._policy.sync_weights()
            if killed:
                assert isinstance(parts, RayParts)
                kill(parts)
            result.append(agents(parts))
            if number == 0:
                save_tree(run.path, "state", {"parts": parts.get_state(0)})
    print(json.dumps(result))


def kill(parts: RayParts) -> None:
    """The parameter server, which comes back with what is in the store, and an actor, which takes it from there."""
    server: Any = parts._server
    life = ray.get(server.actor.life.remote())
    os.kill(descendants(os.getpid(), "ParameterServer")[0], signal.SIGKILL)
    until(lambda: ray.get(server.actor.life.remote()) != life)
    pid = descendants(os.getpid(), "ray::CuriousEnvRunner")[0]
    os.kill(pid, signal.SIGKILL)
    actors = parts.config.actors
    until(lambda: len({*descendants(os.getpid(), "ray::CuriousEnvRunner")} - {pid}) == actors)
    # RLlib finds out when it samples.
    until(lambda: bool(parts.iterate()) and len(parts._policy.healthy_runners) == actors)
    parts._policy.sync_weights()


def agents(parts: SerialParts | RayParts) -> list[dict[str, str]]:
    """What each actor has, by digests."""
    policy = parts._policy
    version = parts.get_metrics()["weights_version"]
    if isinstance(parts, SerialParts):
        return [agent(parts._policy._runner, version, policy.get_state()["rl_module"]["default_policy"])]
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        # An asynchronous learner may have learned on from a batch that waited.
        # What a checkpoint would hold, and what the learner gave to its actors.
        state = policy.get_state()
        policy.set_state(state)
        module = state["rl_module"]["default_policy"]
        runners = parts._policy.healthy_runners.values()
        result = ray.get([runner.apply.remote(agent, version=version, module=module) for runner in runners])
        if all(one.pop("agrees") for one in result):
            return result
        time.sleep(0.2)
    raise AssertionError("the actors never have the policy of the checkpoint")


def agent(runner: Any, version: int, module: dict[str, np.ndarray]) -> dict[str, str]:
    """Runs in the actor; `module` is what the learner has."""
    vec, rng = runner.vec, np.random.default_rng(0)
    until(lambda: vec._take_newer_weights() or vec.version >= version)
    frames = rng.integers(0, 256, (EMULATORS, 64, 64, 3), np.uint8)
    actions = torch.as_tensor(rng.integers(0, 10, EMULATORS))
    with torch.inference_mode():
        z = vec._encoder(torch.as_tensor(frames))
        h, _ = vec._forward.step(z, actions, vec._model.forward_model.initial_state(EMULATORS, "cpu"))
        observations = torch.cat([z, h], -1)
        logits = runner.module.forward_inference({"obs": observations})["action_dist_inputs"]
        value = value_network(module)(observations)
        agrees = torch.allclose(logits, policy_network(module)(observations), rtol=1e-4, atol=1e-5)
    assert torch.isfinite(logits).all()
    result = {"z": z, "h": h, "logits": logits, "value": value}
    digests = {name: hashlib.sha256(array.numpy().tobytes()).hexdigest()[:16] for name, array in result.items()}
    # What its actions are drawn by.
    return {**digests, "seed": str(torch.initial_seed()), "agrees": "yes" if agrees else ""}


def until(true: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def say(what: str) -> None:
    print(what, file=sys.stderr)


if __name__ == "__main__":
    main()
