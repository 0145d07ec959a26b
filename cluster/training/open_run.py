"""Opens the run of a command line: a new folder, or an existing one with its checkpoint."""

from collections.abc import Callable
from typing import NamedTuple

from actors.games.levels import select_levels
from cluster.config.arguments import Resume, config_file_of, read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import RunComplete, UsageError
from cluster.host.ray_token import present_token
from cluster.run import preflight
from cluster.run.agent import check_sound
from cluster.run.beginning import Beginning, read_beginning, seeing_as_before
from cluster.run.checkpoints import Checkpoint, newest_intact
from cluster.run.folder import RunFolder


class OpenedRun(NamedTuple):
    """A run that can be trained.

    Attributes:
        folder: locked by this process, which must close it.
        config: with the run's name.
        checkpoint: to resume from; None for a new run.
        beginning: networks to begin with; None: random ones.
    """

    folder: RunFolder
    config: TrainConfig
    checkpoint: Checkpoint | None = None
    beginning: Beginning | None = None


def open_run(config: TrainConfig, resume: Resume | None, warn: Callable[[str], None]) -> OpenedRun:
    """Checks everything and opens the run.

    Args:
        warn: prints a warning.

    Raises:
        UsageError: a check failed; nothing is written then.
    """
    if resume is None:
        config = seeing_as_before(config)
    preflight.check(config)
    preflight.check_machine(config, resume.path if resume else config.runs_dir, warn)
    if config.address:
        present_token()
        # Here, because Ray takes seconds to load.
        from cluster.host.cluster_check import join_cluster

        join_cluster(config, config.address)
    if resume is None:
        beginning = read_beginning(config, select_levels(config.levels))
        run = RunFolder.create(config)
        return OpenedRun(run, config.model_copy(update={"name": run.name}), beginning=beginning)
    preflight.check_resume(read_config(config_file_of(resume.path), of_a_run=True), config, resume)
    # Before the folder is locked, which writes into it.
    newest, _ = newest_intact(resume.path / "checkpoints")
    if newest and newest.summary.get("networks_only"):
        raise UsageError(f"{resume}: it holds networks and no run; begin a new run with --init {resume.path}")
    run = RunFolder.reopen(resume.path, config.checkpoint.keep)
    try:
        checkpoint = _to_go_on_from(run, config, resume, warn)
        beginning = None if checkpoint else read_beginning(config, select_levels(config.levels))
        run.write_config(config)
    except OSError as error:
        run.close()
        raise UsageError(f"{resume}: {run.path} cannot be written: {error.strerror}") from error
    except UsageError:
        run.close()
        raise
    return OpenedRun(run, config, checkpoint, beginning)


def _to_go_on_from(
    run: RunFolder, config: TrainConfig, resume: Resume, warn: Callable[[str], None]
) -> Checkpoint | None:
    checkpoint, warnings = run.checkpoints.newest_intact(check_sound)
    if warnings and checkpoint is None:
        raise UsageError(f"{resume}: no checkpoint is intact: {'; '.join(warnings)}")
    for warning in warnings:
        warn(f"warning: {warning}")
    if checkpoint is None:
        warn(f"{run.path} has no checkpoint yet: it begins anew")
    elif checkpoint.summary["steps_total"] >= config.steps:
        raise RunComplete(
            f"--steps {config.steps}: {run.path} has {checkpoint.summary['steps_total']} steps already; give more"
        )
    else:
        older = ", an older one than the run had" if warnings else ""
        warn(f"going on from {checkpoint.path} ({checkpoint.summary['steps_total']:,} steps){older}")
    return checkpoint
