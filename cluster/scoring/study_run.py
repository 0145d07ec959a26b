"""One run of a study: trained to each count of steps, evaluated there, and gathered into its result."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from pydantic import FiniteFloat, TypeAdapter

from actors.games.levels import select_levels
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.config.json_file import JsonError, read_json
from cluster.config.output_file import replace_json
from cluster.run.history import HistoryError, read_rows
from cluster.scoring.process_tree import MeteredProcess, read_meter
from cluster.scoring.result import Evaluation, RunResult, machine, read_result, write_result
from cluster.scoring.study_file import SAME_PPO, Study, Variant

_ROOT = Path(__file__).parents[2]
_PEERS = _ROOT / ".venv-peers" / "sb3"
_RIVAL = "benchmarks.peers.sb3_study"
_POLL_SECONDS, _REPORT_SECONDS = 0.5, 60.0
_CURVE_ROWS = 200


class RunFailed(Exception):
    """A program of a run has failed; the message is one line with the end of its output and its log."""


class Stopped(Exception):
    """A signal stopped the study; finished work is kept."""


class StudyRun:
    """The run of a variant with a seed, in folders that a study's runs share.

    Attributes:
        name: of the run's files.
    """

    def __init__(self, study: Study, variant: Variant, seed: int, out: Path) -> None:
        self.study, self.variant, self.seed = study, variant, seed
        self.name = f"{variant.name}-s{seed}"
        self._runs = out / "runs" / study.name
        self._result = out / "results" / study.name / f"{self.name}.json"
        self._settings = study.settings(variant)

    def result(self) -> RunResult | None:
        """Returns the result; None if the run is not finished.

        Raises:
            UsageError: the file is damaged, or the run was made with other settings.
        """
        result = read_result(self._result)
        if result is not None:
            self._require_same(self._result, result.settings)
            self._require_whole(result)
        return result

    def require_possible(self) -> None:
        """Checks that the run can be played.

        Raises:
            UsageError: it was begun with other settings, or their file is damaged, or a package is not installed.
        """
        begun = self._file("settings.json")
        if begun.exists():
            try:
                settings = read_json(begun, _SETTINGS)
            except JsonError as error:
                raise UsageError(f"{begun} is damaged: {error}; move it away, and the run's folder with it") from error
            self._require_same(begun, settings)
        if str(self.variant.rival).startswith("sb3-") and not (_PEERS / ".installed").exists():
            raise UsageError(f"variant {self.variant.name}: rival {self.variant.rival} is not installed: make peers")

    def play(self, say: Callable[[str], None], stop: "Stop") -> RunResult:
        """Does the training and the evaluations that are still missing, and writes the result.

        Raises:
            RunFailed: a program of the run failed.
            Stopped: a signal stopped the study.
        """
        self._runs.mkdir(parents=True, exist_ok=True)
        replace_json(self._file("settings.json"), self._settings)
        if self.variant.rival and self.variant.learns:
            self._learn_as_rival(say, stop)
        for count in self._counts:
            if self._evaluation_file(count).exists():
                continue
            if self.variant.rival is None:
                self._train(count, say, stop)
            self._evaluate(count, say, stop)
        result = self._gathered()
        write_result(self._result, result)
        return result

    @property
    def _counts(self) -> Sequence[int]:
        return self.study.counts(self.variant)

    @property
    def _folder(self) -> Path:
        return self._runs / self.name

    def _file(self, ending: str) -> Path:
        return self._runs / f"{self.name}.{ending}"

    def _evaluation_file(self, count: int) -> Path:
        return self._file(f"at-{count}.json")

    def _require_same(self, file: Path, before: Mapping[str, Any]) -> None:
        old, new = dict(_pairs(before)), dict(_pairs(self._settings))
        for key in [*new, *old]:
            if old.get(key) != new.get(key):
                raise UsageError(
                    f"{file} was made with {key} {old.get(key)!r}, the study now says {new.get(key)!r}; give the"
                    " variant or the study another name, or move the file away"
                )

    def _require_whole(self, result: RunResult) -> None:
        """Checks a result.

        Raises:
            UsageError: evaluations or scores are missing.
        """
        levels = [str(level) for level in select_levels(self.study.levels)]
        counts = [evaluation.count for evaluation in result.evaluations]
        scores = [evaluation.scores.get(level) for evaluation in result.evaluations for level in levels]
        if counts != list(self._counts) or not all(scores) or not (result.curve or not self.variant.learns):
            raise UsageError(f"{self._result} is damaged: scores are missing; move it away, and its run is done anew")

    def _train(self, count: int, say: Callable[[str], None], stop: "Stop") -> None:
        config = self.variant.config.model_copy(update={"seed": self.seed, "steps": count})
        own = {"name", "runs_dir"}
        self._file("yaml").write_text(yaml.safe_dump(config.model_dump(mode="json", exclude=own), sort_keys=False))
        words = ["train", "--config", self._file("yaml"), "--auto-resume", "--name", self.name]
        words += ["--runs-dir", self._runs, "--steps", count]
        self._execute(_ours(words), "meter", say, stop, f"of {count:,} steps")

    def _learn_as_rival(self, say: Callable[[str], None], stop: "Stop") -> None:
        config: TrainConfig = self.variant.config
        self._folder.mkdir(exist_ok=True)
        task = {
            "observation": "pixels" if self.variant.rival == "sb3-pixels" else "eyes",
            "ppo": config.policy.model_dump(include=set(SAME_PPO)) if self.variant.has_our_ppo else None,
            "seed": self.seed,
            "levels": [level.state for level in select_levels(config.levels)],
            "size": config.emulator.observation_size or 64,
            "sticky": config.emulator.sticky_probability,
            "max_episode_steps": config.emulator.max_episode_steps,
            "stuck_steps": config.emulator.stuck_steps,
            "pay": {
                "extrinsic_scale": config.reward.extrinsic_scale,
                "rises_only": config.reward.rises_only,
                "first_visits": config.curiosity == "first_visits",
                "curiosity_share": config.reward.curiosity_share,
                "boredom_threshold": config.reward.boredom_threshold,
            },
            "evaluations": {str(count): str(self._evaluation_file(count).absolute()) for count in self._counts},
            "evaluated_on": [str(level) for level in select_levels(self.study.levels)],
            "episodes": self.study.episodes,
        }
        replace_json(self._folder / "task.json", task)
        # -P, here and below: the folder that a study is started in may have modules with the names of ours.
        words = [_PEERS / "bin" / "python", "-P", "-m", _RIVAL, self._folder.absolute()]
        # Threads that spin while they wait would take the cores from those that work.
        environment = {"PYTHONPATH": str(_ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
        self._execute(words, "meter", say, stop, f"of {self._counts[-1]:,} steps", environment)

    def _evaluate(self, count: int, say: Callable[[str], None], stop: "Stop") -> None:
        config = self.variant.config
        words: list[object] = ["evaluate"]
        if self.variant.rival is None:
            words += [self._folder]
        else:
            kind = "native" if config.emulator.kind == "native" else "local"
            words += ["--policy", self.variant.rival, "--emulator", kind]
        words += ["--levels", self.study.levels, "--episodes", self.study.episodes, "--seed", self.seed]
        words += ["--actors", config.actors, "--emulators-per-actor", config.emulators_per_actor]
        words += ["--json", self._evaluation_file(count)]
        self._execute(_ours(words), "evaluation-meter", say, stop)

    def _execute(
        self,
        words: Sequence[object],
        meter: str,
        say: Callable[[str], None],
        stop: "Stop",
        training: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Runs a program to its end.

        Raises:
            RunFailed: it failed.
            Stopped: a signal stopped the study.
        """
        if stop.requested:
            raise Stopped
        log = self._file("log")
        process = MeteredProcess([str(word) for word in words], log, self._file(meter), environment or {})
        waited = 0.0
        with stop.ends(process):
            while (code := process.wait(_POLL_SECONDS)) is None:
                waited += _POLL_SECONDS
                if training and waited % _REPORT_SECONDS == 0:
                    say(f"{self.name}: {self._progress()} {training}")
        if stop.requested:
            raise Stopped
        if code:
            last = ([line for line in log.read_text(errors="replace").splitlines() if line.strip()] or [""])[-1]
            raise RunFailed(f"{self.name}: failed with exit status {code}: {last.strip()[:300]} (all of it in {log})")

    def _progress(self) -> str:
        try:
            rows = read_rows(self._metrics)
        # It is reported at the end.
        except HistoryError:
            rows = []
        if not rows:
            return "0"
        mean = rows[-1].get("extrinsic_return_mean")
        return f"{rows[-1]['steps_total']:,}{'' if mean is None else f' (return {mean:,.0f})'}"

    @property
    def _metrics(self) -> Path:
        return self._folder / "metrics.jsonl"

    def _gathered(self) -> RunResult:
        """Gathers the result from the run's files.

        Raises:
            RunFailed: a file is damaged.
        """
        samples = read_meter(self._file("meter"))
        try:
            rows = read_rows(self._metrics)
        except HistoryError as error:
            raise RunFailed(f"{self.name}: {self._metrics} is damaged: {error}") from error
        if rows and not samples:
            raise RunFailed(f"{self.name}: {self._file('meter')} is damaged: there are no times of the processor in it")
        return RunResult(
            study=self.study.name,
            variant=self.variant.name,
            seed=self.seed,
            settings=self._settings,
            **machine(),
            steps=rows[-1]["steps_total"] if rows else 0,
            cpu_seconds=round(samples[-1].cpu_seconds, 2) if samples else 0.0,
            wall_seconds=round(samples[-1].wall_seconds, 2) if samples else 0.0,
            curve=_curve(rows, [s.time for s in samples], [s.cpu_seconds for s in samples]),
            evaluations=[self._evaluation(count) for count in self._counts],
        )

    def _evaluation(self, count: int) -> Evaluation:
        """Reads the evaluation at a number of steps.

        Raises:
            RunFailed: its file is damaged.
        """
        file = self._evaluation_file(count)
        try:
            evaluation = read_json(file, _EVALUATION)
            by_score = self.study.measure == "score"
            measured = {level: its.scores if by_score else its.passed for level, its in evaluation.levels.items()}
            missing = [str(level) for level in select_levels(self.study.levels) if not measured.get(str(level))]
            if missing:
                raise JsonError(f"levels.{missing[0]}: there is no {self.study.measure} of it")
        except JsonError as error:
            raise RunFailed(f"{self.name}: {file} is damaged: {error}; remove it, and it is done anew") from error
        scores = {level: [round(float(one), 3) for one in its or []] for level, its in measured.items()}
        return Evaluation(count, evaluation.checkpoint_steps or 0, scores)


@dataclass(frozen=True)
class _Level:
    """Fields of a level in an evaluation's file."""

    scores: list[FiniteFloat]
    passed: list[bool] | None = None


@dataclass(frozen=True)
class _Evaluated:
    """Fields of an evaluation's file."""

    levels: dict[str, _Level]
    checkpoint_steps: int | None = None


_EVALUATION = TypeAdapter(_Evaluated)
_SETTINGS: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


class Stop:
    """Passes requests to stop a study on to the running program."""

    def __init__(self) -> None:
        self.requested = False
        self._process: MeteredProcess | None = None

    def ends(self, process: MeteredProcess) -> "Stop":
        """A context in which requests go to a program."""
        self._process = process
        return self

    def request(self) -> None:
        """Interrupts the program: the first request lets it end in good order, the second one ends it at once."""
        self.requested = True
        if self._process:
            self._process.interrupt()

    def __enter__(self) -> None:
        # A request came between the program's start and here.
        if self.requested:
            self.request()

    def __exit__(self, *error: object) -> None:
        self._process = None


def _ours(words: Sequence[object]) -> list[object]:
    return [sys.executable, "-P", "-c", "from cluster.cli import main; main()", *words]


def _curve(
    rows: Sequence[Mapping[str, Any]], times: Sequence[float], used: Sequence[float]
) -> list[tuple[int, float, float, float | None]]:
    """Returns the rows of `RunResult.curve`.

    Args:
        rows: of metrics.jsonl.
        times: times of day.
        used: seconds of processor time until then.
    """
    if not rows:
        return []
    end = np.array([row["iteration_timestamp_seconds"] for row in rows])
    seconds = np.array([row["iteration_seconds"] for row in rows])
    cpu = np.interp(end, times, used) - np.interp(end - seconds, times, used)
    every = -(-len(rows) // _CURVE_ROWS)
    made = [
        (
            int(row["steps_total"]),
            round(float(wall), 2),
            round(float(cpu), 2),
            _rounded(row.get("extrinsic_return_mean")),
        )
        for row, wall, cpu in zip(rows, seconds.cumsum(), cpu.cumsum(), strict=True)
    ]
    return made[len(made) - 1 :: -every][::-1]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _pairs(settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if key == "changes" and isinstance(value, dict):
            yield from value.items()
        else:
            yield key, value
