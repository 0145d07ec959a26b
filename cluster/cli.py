"""The command line: `sonic-worlds train | evaluate | watch | dream | play | report | compare | ...`."""

import atexit
import errno
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import tyro

from actors.games.own_games import missing_folder
from cluster.config.errors import RunComplete, UsageError
from cluster.config.one_line import parse
from cluster.config.version import version
from cluster.host.streams import take_standard_streams

_HELP = """\
usage: sonic-worlds COMMAND [OPTIONS]
       sonic-worlds --version

Trains a curious agent on many Sega Genesis emulators.

commands:
  train     train, or go on with a run (--resume)
  evaluate  score a trained agent, or a simple one, under the Retro Contest's rules
  watch     watch a trained agent play, and what its world model makes of it
  dream     let its world model run on its own
  play      play a level yourself
  probe     measure what its world model knows of the game
  report    write one HTML file about a run; also made at its end
  compare   write one HTML file about several runs, side by side
  study     train variants with several seeds, and compare them with confidence intervals
  status    watch a run that trains elsewhere
  serve     serve levels to agents of the Retro Contest over gym-remote
  agent     play what a gym-remote server hosts, as an agent of the Retro Contest
  contest   rank agents by the Retro Contest's protocol
  levels    list every level known, its split and whether its ROM is here
  import    import ROMs that you own
  doctor    check this machine, with a remedy for each fault

sonic-worlds COMMAND --help shows the options of a command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command and exits: with 0 when all is well, 2 after one line on bad input, 130 on Ctrl-C.

    The exit code is 1 where the output cannot be written of a command that does nothing but print.
    """
    # With torch and RLlib loaded, Python's last look for garbage takes a second.
    atexit.register(gc.freeze)
    output = take_standard_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _answer(words)
    except SystemExit as end:
        if end.code:
            raise
        # After --help.
        code = 0
    sys.stdout.flush()
    if output.error and code == 0 and words[0] not in _HEARD_OR_NOT:
        # A closed pipe is no error: its reader has seen enough.
        if output.error.errno != errno.EPIPE:
            print(f"sonic-worlds: error: the output cannot be written: {output.error.strerror}", file=sys.stderr)
        code = 1
    sys.exit(code)


def _answer(words: list[str]) -> int:
    """Runs the command that the words name; returns the exit code."""
    if not words or words[0] in ("-h", "--help"):
        print(_HELP)
        return 0 if words else 2
    if words == ["--version"]:
        print(f"sonic-worlds {version()}")
        return 0
    try:
        if words[0] not in _COMMANDS:
            raise UsageError(f"unknown command {words[0]!r}; known are {', '.join(_COMMANDS)}")
        if missing := missing_folder():
            raise UsageError(missing)
        return _COMMANDS[words[0]](words[1:])
    except UsageError as error:
        # The notes say where to look.
        print("; ".join([f"sonic-worlds: error: {error}", *getattr(error, "__notes__", [])]), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if error.errno not in _MACHINE_S:
            raise
        print(f"sonic-worlds: error: {'; '.join([str(error), *getattr(error, '__notes__', [])])}", file=sys.stderr)
        return 1


def _train(words: list[str]) -> int:
    # Imports stand here so that bad input is answered before torch and ray are loaded, which takes seconds.
    from cluster.config.arguments import parse_train
    from cluster.metrics.live_view import View
    from cluster.training.open_run import open_run

    config, resume = parse_train(words)
    with View() as view:
        try:
            run = open_run(config, resume, view.say)
        except RunComplete as complete:
            if not (resume and resume.automatic):
                raise
            view.say(str(complete))
            return 0
        try:
            done = run.checkpoint.summary["steps_total"] if run.checkpoint else 0
            view.say(f"{run.folder.path}: {config.levels}, to {config.steps:,} steps; loading Ray and torch")
            view.start(config.steps, done, run.folder.name)
            from cluster.training.trainer import train

            return train(run, view)
        finally:
            run.folder.close()


def _evaluate(words: list[str]) -> int:
    from cluster.commands.evaluate import EvaluateArguments, evaluate_command

    return evaluate_command(parse(EvaluateArguments, words, "sonic-worlds evaluate"))


def _play(words: list[str]) -> int:
    from cluster.commands.play import PlayArguments, play_command

    return play_command(parse(PlayArguments, words, "sonic-worlds play"))


def _status(words: list[str]) -> int:
    from cluster.commands.status import StatusArguments, status_command

    return status_command(parse(StatusArguments, words, "sonic-worlds status"))


def _watch(words: list[str]) -> int:
    from cluster.commands.watch import WatchArguments, watch_command

    return watch_command(parse(WatchArguments, words, "sonic-worlds watch"))


def _dream(words: list[str]) -> int:
    from cluster.commands.dream import DreamArguments, dream_command

    return dream_command(parse(DreamArguments, words, "sonic-worlds dream"))


def _probe(words: list[str]) -> int:
    from cluster.commands.probe import ProbeArguments, probe_command

    return probe_command(parse(ProbeArguments, words, "sonic-worlds probe"))


def _report(words: list[str]) -> int:
    from cluster.commands.report import ReportArguments, report_command

    return report_command(parse(ReportArguments, words, "sonic-worlds report"))


def _compare(words: list[str]) -> int:
    from cluster.commands.report import CompareArguments, compare_command

    return compare_command(parse(CompareArguments, words, "sonic-worlds compare"))


def _study(words: list[str]) -> int:
    from cluster.commands.study import StudyArguments, study_command

    return study_command(parse(StudyArguments, words, "sonic-worlds study"))


def _serve(words: list[str]) -> int:
    from cluster.commands.serve import ServeArguments, serve_command

    return serve_command(parse(ServeArguments, words, "sonic-worlds serve"))


def _agent(words: list[str]) -> int:
    from cluster.commands.agent import AgentArguments, agent_command

    return agent_command(parse(AgentArguments, words, "sonic-worlds agent"))


def _contest(words: list[str]) -> int:
    from cluster.commands.contest import ContestArguments, contest_command

    return contest_command(parse(ContestArguments, words, "sonic-worlds contest"))


def _doctor(words: list[str]) -> int:
    from cluster.commands.doctor import DoctorArguments, doctor_command

    return doctor_command(parse(DoctorArguments, words, "sonic-worlds doctor"))


def _levels(words: list[str]) -> int:
    from cluster.commands.levels import check_command, levels_command

    def levels(
        select: Annotated[str | None, tyro.conf.Positional] = None, check: Path | None = None
    ) -> tuple[str | None, Path | None]:
        """List every level known, its split and whether its ROM is here.

        Args:
            select: Levels to list: splits, games, GAME/STATE, or patterns with *, comma separated. None: all.
            check: Folder of a game of your own to check instead, with a line for each fault of its files.
        """
        return select, check

    select, check = parse(levels, words, "sonic-worlds levels")
    if check is None:
        return levels_command(select)
    if select is not None:
        raise UsageError(f"levels: {select} and --check {check} exclude each other")
    return check_command(check)


def _import(words: list[str]) -> int:
    from cluster.commands.import_roms import import_command

    def import_roms(paths: Annotated[tuple[Path, ...], tyro.conf.Positional]) -> list[Path]:
        """Import ROMs that you own. They are recognised by checksum, in every form of dumps, and in archives.

        Args:
            paths: Files or folders to search.
        """
        return list(paths)

    paths = parse(import_roms, words, "sonic-worlds import")
    if not paths:
        raise UsageError("import: no path given; name the files or folders that hold your ROMs")
    return import_command(paths)


_HEARD_OR_NOT = {"train", "study", "contest", "serve", "agent", "watch", "dream", "play", "report", "compare"}
"""Commands whose results are files: it is no error if nobody reads their messages."""

_MACHINE_S = {
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO", "ESTALE", "EMFILE", "ENFILE")
}
"""Errors of full disks and reached limits, which are no faults of the program."""

_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "train": _train,
    "evaluate": _evaluate,
    "watch": _watch,
    "dream": _dream,
    "play": _play,
    "probe": _probe,
    "report": _report,
    "compare": _compare,
    "study": _study,
    "status": _status,
    "serve": _serve,
    "agent": _agent,
    "contest": _contest,
    "levels": _levels,
    "import": _import,
    "doctor": _doctor,
}
