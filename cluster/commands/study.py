"""The command `sonic-worlds study`."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from actors.portable.file_lock import unguarded
from cluster.config.errors import UsageError
from cluster.config.extras import require_extra
from cluster.config.folder_lock import FolderLock
from cluster.host.elsewhere import elsewhere
from cluster.host.stopper import Stopper
from cluster.scoring.process_tree import adopt_orphans
from cluster.scoring.result import RunResult
from cluster.scoring.study_file import Study, read_study
from cluster.scoring.study_run import RunFailed, Stop, Stopped, StudyRun


@dataclass(frozen=True)
class StudyArguments:
    """Trains variants with several seeds, one run after the other, and compares them with confidence intervals.

    Finished runs are kept, and the same command goes on with the rest, also where only the results were copied to.
    """

    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]
    """YAML file of the study; docs/learning.md lists its fields."""
    out: Path
    """Folder for runs/STUDY and results/STUDY, which gets a JSON file of each finished run, study.html and pictures."""
    only_report: bool = False
    """Train nothing; write tables and pictures of the finished runs."""


def study_command(arguments: StudyArguments) -> int:
    """Runs the study; returns the exit code: 1 if a run failed, 130 after a signal.

    Raises:
        UsageError: the arguments, the file, or the files of an earlier start are wrong, or the extra `study` is not
            installed.
    """
    require_extra("study", "study")
    study = read_study(arguments.file)
    results = arguments.out / "results" / study.name
    # All variants by one seed before any by the next: tables are there early.
    runs = [StudyRun(study, variant, seed, arguments.out) for seed in study.seeds for variant in study.variants]
    finished = {run.name: result for run in runs if (result := run.result()) is not None}
    waiting = [] if arguments.only_report else [run for run in runs if run.name not in finished]
    for run in waiting:
        run.require_possible()
    if not waiting and not finished:
        raise UsageError(f"--only-report: no run of {study.name} is finished in {results}")
    code = 0
    if waiting:
        _say(f"{study.name}: {len(runs)} runs, {len(finished)} of them finished already")
        with _alone(arguments.out, study):
            code = _play(waiting, finished)
    if code == 130:
        command = ["sonic-worlds", "study", str(arguments.file), "--out", str(arguments.out)]
        _say(f"stopped; the same command goes on: {shlex.join(command)}")
    if finished:
        _report(study, [finished[run.name] for run in runs if run.name in finished], results)
    return code


def _play(waiting: Sequence[StudyRun], finished: dict[str, RunResult]) -> int:
    """Plays the waiting runs and adds their results to the finished ones; returns the exit code."""
    adopt_orphans()
    code = 0
    stop = Stop()

    def stopping() -> None:
        _say("stopping; once more to stop at once")
        stop.request()

    with Stopper(stopping, stop.request):
        for number, run in enumerate(waiting, 1):
            _say(f"{run.name}: begins ({number} of {len(waiting)})")
            try:
                result = finished[run.name] = run.play(_say, stop)
            except Stopped:
                return 130
            except RunFailed as error:
                _say(str(error))
                code = 1
                continue
            _say(f"{run.name}: finished after {result.steps:,} steps and {result.cpu_seconds:,.0f} CPU seconds")
    return code


def _report(study: Study, finished: Sequence[RunResult], folder: Path) -> None:
    # Here, because what draws takes seconds to load.
    with elsewhere():
        from cluster.report.study_page import scores, write_page
        from cluster.scoring.study_results import StudyResults

    results = StudyResults(study, finished)
    file = write_page(results, folder)
    for group in results.groups:
        headings, rows = scores(results, group)
        print("\t".join((group, *headings[1:])))
        for row in rows:
            print("\t".join(row))
    _say(f"the report is in {file}")


@contextmanager
def _alone(out: Path, study: Study) -> Iterator[None]:
    """A context that keeps other studies out: they would falsify measured times, and overwrite files.

    Raises:
        UsageError: the folder cannot be written, or another process runs the same study there.
    """
    folder = out / "runs" / study.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder, f"--out {out}: another process is at study {study.name} there")
    except OSError as error:
        raise UsageError(f"--out {out} cannot be written: {error.strerror}") from error
    with closing(lock):
        if lock.unlocked:
            _say(unguarded(folder, lock.unlocked))
        yield


def _say(line: str) -> None:
    print(line, flush=True)
