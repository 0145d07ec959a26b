"""python -m benchmarks.peers.sb3_study FOLDER: Stable-Baselines3's PPO as a rival in a study of ours.

FOLDER/task.json has levels, rules and evaluations; `cluster.scoring.study_run` writes it. The agent and rows of
metrics.jsonl, as our runs have them, are kept in FOLDER, and a second start goes on from there. It runs in the peer's
environment.

From pixels: the settings of RL Baselines3 Zoo for Atari (hyperparams/ppo.yml), 8 games and four stacked grey frames;
but rewards are scaled as ours are and not clipped, and frames are as large as ours. From perfect eyes, 64 games and two
layers of 256: batches of 16,384, minibatches of 2,048 and 4 epochs, else Stable-Baselines3's defaults; or the same
settings of PPO as ours, where the task has them.
"""

import json
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from gymnasium.vector import VectorEnv
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.save_util import load_from_zip_file
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecFrameStack

import windup  # noqa: F401 (registers Windup-v0)
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level
from benchmarks.peers.game import FRAME_SKIP, MAX_STEPS, STICKY_PROBABILITY
from benchmarks.peers.pool_games import Pay, PoolGames
from windup.game import GAME
from world_model.replaced_file import replace_text, replacing

STACKED = 4
SIDE_BY_SIDE = 32
"""Number of episodes that an evaluation plays at once."""
EPISODES = 100
"""Number of episodes over which the return in metrics.jsonl is a mean, as in our runs."""
SAVE_SECONDS = 60.0
EYES_PPO = {"n_steps": 256, "batch_size": 2048, "n_epochs": 4, "policy_kwargs": {"net_arch": [256, 256]}}
"""Arguments of PPO with perfect eyes where the task has no settings of our PPO."""


class Interrupted(Exception):
    pass


def grey(frames: np.ndarray) -> np.ndarray:
    """Converts uint8 [..., H, W, 3] to grey, [..., H, W, 1], by the weights of ITU-R BT.601."""
    r, g, b = (frames[..., channel].astype(np.uint16) for channel in range(3))
    return ((77 * r + 150 * g + 29 * b) >> 8).astype(np.uint8)[..., None]


class GreyFrames(VecEnvWrapper):
    def __init__(self, games: VecEnv) -> None:
        height, width, _ = games.observation_space.shape
        super().__init__(games, Box(0, 255, (height, width, 1), np.uint8))

    def reset(self) -> np.ndarray:
        return grey(self.venv.reset())

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        frames, rewards, over, infos = self.venv.step_wait()
        for info in infos:
            if "terminal_observation" in info:
                info["terminal_observation"] = grey(info["terminal_observation"])
        return grey(frames), rewards, over, infos


class Rival:
    """The rival's agent, with its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.task = json.loads((folder / "task.json").read_text())
        self.eyes = self.task["observation"] == "eyes"
        self.steps = max(map(int, self.task["evaluations"]))
        self.interrupted = False
        kept = folder / "agent.zip"
        about, parameters, _ = load_from_zip_file(kept) if kept.exists() else (None, None, None)
        done = about["num_timesteps"] if about else 0
        # A resumed training must not repeat the random numbers of the start.
        self.model = self._made(self.task["seed"] + done)
        if parameters:
            self.model.set_parameters(parameters)
            self.model.num_timesteps = done
        self.log = Log(self, folder / "metrics.jsonl")

    def learn(self, steps: int) -> None:
        """Trains in whole rollouts until a number of steps is done."""
        left = steps - self.model.num_timesteps
        if left > 0:
            self.model.learn(left, callback=self.log, reset_num_timesteps=False)
        self.save()
        if self.interrupted:
            raise Interrupted

    def save(self) -> None:
        with replacing(self.folder / "agent.zip") as beside:
            # Functions of ours, which are made anew.
            self.model.save(beside, exclude=["learning_rate", "lr_schedule", "clip_range"])

    def evaluate(self, file: Path) -> None:
        """Evaluates the agent by the contest's rules, whatever it was trained with."""
        episodes = [(level, n) for level in self.task["evaluated_on"] for n in range(self.task["episodes"])]
        scores: dict[str, list[float]] = {level: [] for level in self.task["evaluated_on"]}
        for begin in range(0, len(episodes), SIDE_BY_SIDE):
            some = episodes[begin : begin + SIDE_BY_SIDE]
            names = [level.partition("/")[2] for level, _ in some]
            for (level, _), score in zip(some, self._play(names, begin), strict=True):
                scores[level].append(score)
        content = {
            "checkpoint_steps": self.model.num_timesteps,
            "levels": {level: {"scores": its} for level, its in scores.items()},
        }
        replace_text(file, json.dumps(content, indent=1) + "\n")

    def _play(self, levels: Sequence[str], number: int) -> list[float]:
        """Plays an episode of each level; returns the scores."""
        games = contest_games(self.task, levels)
        seen, _ = games.reset(seed=1000 * self.task["seed"] + number, options={"level": list(levels)})
        stack: np.ndarray | None = None
        scores, playing = np.zeros(len(levels)), np.ones(len(levels), bool)
        while playing.any():
            if self.interrupted:
                raise Interrupted
            if not self.eyes:
                one = grey(seen)
                # As in training, what was before the first frame is black.
                stack = np.concatenate(
                    [np.zeros((*one.shape[:-1], STACKED), np.uint8) if stack is None else stack, one], -1
                )
                stack = stack[..., 1:]
            actions, _ = self.model.predict(seen if stack is None else stack)
            seen, rewards, terminated, truncated, _ = games.step(actions)
            scores += np.where(playing, rewards, 0.0)
            playing &= ~(terminated | truncated)
        games.close()
        return scores.tolist()

    def _made(self, seed: int) -> PPO:
        task = self.task
        settings = EmulatorSettings(
            kind="native",
            sticky_probability=task["sticky"],
            max_episode_steps=task["max_episode_steps"],
            stuck_steps=task["stuck_steps"],
        )
        levels = [Level(GAME, state) for state in task["levels"]]
        games = PoolGames(
            64 if self.eyes else 8,
            levels,
            settings,
            0 if self.eyes else task["size"],
            len(os.sched_getaffinity(0)),
            Pay(**task["pay"]),
            self.eyes,
            seed,
        )
        self.games = games
        if self.eyes:
            ppo = self._ppo_as_ours(games.num_envs) if task["ppo"] else EYES_PPO
            return PPO("MlpPolicy", games, **ppo, seed=seed, device="cpu")
        return PPO(
            "CnnPolicy",
            VecFrameStack(GreyFrames(games), STACKED),
            # Over the whole of training, of which `learn` sees a part at a time.
            learning_rate=lambda _: 2.5e-4 * self._left(),
            clip_range=lambda _: 0.1 * self._left(),
            n_steps=128,
            batch_size=256,
            n_epochs=4,
            ent_coef=0.01,
            vf_coef=0.5,
            seed=seed,
            device="cpu",
        )

    def _ppo_as_ours(self, games: int) -> dict[str, Any]:
        """Returns Stable-Baselines3's arguments for the task's settings of our PPO."""
        ours = self.task["ppo"]
        return {
            "learning_rate": lambda _: ours["learning_rate"] * (1 - (1 - ours["decay_to"]) * (1 - self._left())),
            "n_steps": max(1, ours["train_batch_steps"] // games),
            "batch_size": ours["minibatch_size"],
            "n_epochs": ours["epochs"],
            "gamma": ours["discount"],
            "gae_lambda": ours["gae_lambda"],
            "clip_range": ours["clip"],
            "ent_coef": ours["entropy"],
            "policy_kwargs": {"net_arch": ours["hidden"]},
        }

    def _left(self) -> float:
        """Returns the share of training that is left."""
        model = getattr(self, "model", None)
        return 1.0 if model is None else max(0.0, 1 - model.num_timesteps / self.steps)


class Log(BaseCallback):
    """A callback that writes a row for every rollout and update, and saves the agent from time to time."""

    def __init__(self, rival: Rival, file: Path) -> None:
        super().__init__()
        self._rival = rival
        done = rival.model.num_timesteps
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        # Without the rows that a killed process wrote after it had saved its agent.
        kept = [line for line in lines if line.endswith("\n") and json.loads(line)["steps_total"] <= done]
        file.write_text("".join(kept))
        last = json.loads(kept[-1]) if kept else {}
        self._counts = {name: last.get(name, 0) for name in ("iteration", "frames_total", "episodes_total")}
        self._file = file
        self._returns: deque[float] = deque(maxlen=EPISODES)
        self._running = np.zeros(rival.model.n_envs)
        self._saved = self._begin = time.monotonic()
        self._begun = False

    def _on_training_start(self) -> None:
        self._begin, self._begun = time.monotonic(), False

    def _on_rollout_start(self) -> None:
        if self._begun:
            self._row()
        self._begun = True

    def _on_training_end(self) -> None:
        self._row()

    def _on_step(self) -> bool:
        self._running += self._rival.games.gained
        self._counts["frames_total"] += self._rival.games.frames_run
        ended = np.flatnonzero(self.locals["dones"])
        self._counts["episodes_total"] += len(ended)
        for number in ended:
            self._returns.append(float(self._running[number]))
            self._running[number] = 0.0
        return not self._rival.interrupted

    def _row(self) -> None:
        now = time.monotonic()
        self._counts["iteration"] += 1
        row = {
            **self._counts,
            "steps_total": self.num_timesteps,
            "iteration_seconds": now - self._begin,
            "iteration_timestamp_seconds": time.time(),
            "extrinsic_return_mean": float(np.mean(self._returns)) if self._returns else None,
            "levels": {},
        }
        with self._file.open("a") as file:
            file.write(json.dumps(row) + "\n")
        if now - self._saved > SAVE_SECONDS:
            self._rival.save()
            self._saved = time.monotonic()
        self._begin = time.monotonic()


def contest_games(task: dict[str, Any], levels: Sequence[str]) -> VectorEnv:
    """Makes a game for each level, by the contest's rules."""
    return gymnasium.make_vec(
        "Windup-v0",
        num_envs=len(levels),
        obs="state" if task["observation"] == "eyes" else "frames",
        levels=list(levels),
        size=task["size"],
        frame_skip=FRAME_SKIP,
        sticky=STICKY_PROBABILITY,
        max_episode_steps=MAX_STEPS,
        threads=len(os.sched_getaffinity(0)),
    )


def main() -> int:
    rival = Rival(Path(sys.argv[1]))

    def interrupt(*_: object) -> None:
        if rival.interrupted:
            os._exit(130)
        rival.interrupted = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        for steps, file in sorted(rival.task["evaluations"].items(), key=lambda item: int(item[0])):
            if not Path(file).exists():
                rival.learn(int(steps))
                rival.evaluate(Path(file))
    except Interrupted:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
