"""The run that a command line means: a new folder, or an old one with its checkpoint."""

from collections.abc import Callable
from pathlib import Path

from actors.games.levels import select_levels
from cluster.config.arguments import config_file_of, read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import RunComplete, UsageError
from cluster.host.ray_token import present_token
from cluster.run import preflight
from cluster.run.beginning import find_beginning
from cluster.run.checkpoints import Checkpoint
from cluster.run.folder import RunFolder


def open_run(
    config: TrainConfig, resume: Path | None, warn: Callable[[str], None]
) -> tuple[RunFolder, TrainConfig, Checkpoint | None]:
    """The run's folder, its configuration with the name filled in, and the checkpoint to go on from.

    Raises:
        UsageError: something is wrong; then nothing was written.
    """
    preflight.check(config)
    if config.address:
        present_token()
        # Here, because Ray takes seconds to load.
        from cluster.host.cluster_check import join_cluster

        join_cluster(config, config.address)
    if resume is None:
        find_beginning(config, select_levels(config.levels))
        run = RunFolder.create(config)
        return run, config.model_copy(update={"name": run.name}), None
    preflight.check_resume(read_config(config_file_of(resume)), config)
    run = RunFolder.reopen(resume, config.checkpoint.keep)
    checkpoint, warnings = run.checkpoints.newest_intact()
    if warnings and checkpoint is None:
        run.close()
        raise UsageError(f"--resume {resume}: no checkpoint is intact: {'; '.join(warnings)}")
    for warning in warnings:
        warn(f"warning: {warning}")
    if checkpoint is None:
        warn(f"{resume} has no checkpoint yet: it begins anew")
    elif checkpoint.summary.get("networks_only"):
        run.close()
        raise UsageError(f"--resume {resume}: it holds networks and no run; begin a new run with --init {resume}")
    elif checkpoint.summary["steps_total"] >= config.steps:
        run.close()
        raise RunComplete(
            f"--steps {config.steps}: {resume} has {checkpoint.summary['steps_total']} steps already; give more"
        )
    else:
        older = ", an older one than the run had" if warnings else ""
        warn(f"going on from {checkpoint.path} ({checkpoint.summary['steps_total']:,} steps){older}")
    run.write_config(config)
    return run, config, checkpoint
