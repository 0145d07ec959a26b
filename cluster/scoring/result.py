"""The result of a finished run of a study: one small JSON file."""

import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import FiniteFloat, TypeAdapter

from cluster.config.errors import UsageError
from cluster.config.json_file import JsonError, read_json
from cluster.config.output_file import replace_json

_SOURCES = Path(__file__).parents[2]


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of a run.

    Attributes:
        count: number of steps at which the study evaluates.
        steps: number of steps that the agent had done.
        scores: of every episode, by level; or whether it passed its barrier, 1 or 0: see `Study.measure`.
    """

    count: int
    steps: int
    scores: dict[str, list[FiniteFloat]]


@dataclass(frozen=True)
class RunResult:
    """The result of a run.

    Attributes:
        settings: all that the run depends on beside seed and code; see `Study.settings`.
        commit: of the code at the run's end, with + if files differed from it; "" outside a checkout.
        processor: its name.
        cores: number of cores that the run could use.
        bfloat16: whether bfloat16 is faster than float32 on the processor.
        torch_threads: torch's default number of threads.
        steps: number of steps done.
        cpu_seconds: processor time of all processes.
        wall_seconds: wall-clock time over all starts. Both are without evaluations, except those of rivals that learn,
            which are played by the process that learns.
        curve: rows of steps, wall-clock seconds, seconds of processor time, and mean return of the last 100 episodes
            (None before the first); both times are of iterations alone, without starts and evaluations.
    """

    study: str
    variant: str
    seed: int
    settings: dict[str, Any]
    commit: str
    processor: str
    cores: int
    bfloat16: bool
    torch_threads: int
    steps: int
    cpu_seconds: FiniteFloat
    wall_seconds: FiniteFloat
    curve: list[tuple[int, FiniteFloat, FiniteFloat, FiniteFloat | None]]
    evaluations: list[Evaluation]


def write_result(file: Path, result: RunResult) -> None:
    """Writes a result.

    Raises:
        OSError: the file cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_json(file, asdict(result))


def read_result(file: Path) -> RunResult | None:
    """Reads a result; None if there is no such file.

    Raises:
        UsageError: the file holds no result.
    """
    if not file.exists():
        return None
    try:
        return read_json(file, _FORM)
    except JsonError as error:
        raise UsageError(f"{file} is damaged ({error}); move it away, and its run is done anew") from error


_FORM = TypeAdapter(RunResult)


def machine() -> dict[str, Any]:
    """Returns the fields of a result about code and machine."""
    # Here, because torch takes seconds to load.
    import torch

    from world_model.precision import bf16_is_faster

    return {
        "commit": _commit(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "bfloat16": bf16_is_faster("cpu"),
        "torch_threads": torch.get_num_threads(),
    }


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=_SOURCES, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else os.uname().machine
