"""The whole system on one page: the parts are made, joined and looped."""

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from actors.games.levels import select_levels
from actors.gym_remote.errors import GymRemoteError, TimestepLimitError, WallClockLimitError
from cluster.config.config import TrainConfig
from cluster.host.elsewhere import elsewhere
from cluster.host.janitor import Janitor
from cluster.host.ray_cluster import keep_logs
from cluster.host.stopper import Stopper
from cluster.metrics.faults import Faults
from cluster.metrics.level_table import table
from cluster.metrics.live_view import View
from cluster.metrics.log import MetricsLog
from cluster.metrics.scrape_targets import scrape_targets
from cluster.metrics.throughput import Throughput
from cluster.metrics.totals import Totals
from cluster.metrics.trained_share import add_trained_share
from cluster.metrics.waiting import Waiting
from cluster.run.beginning import read_beginning
from cluster.run.checkpoints import Checkpoint
from cluster.run.folder import RunFolder
from cluster.training.attached import attached_level, attached_state, end_of_server
from cluster.training.level_scheduler import LevelScheduler
from cluster.training.parts import Parts
from world_model.finite import NotFiniteError
from world_model.state_tree import load_tree, not_finite, save_tree
from world_model.weights import save_weights

STATE = "state"


def train(
    config: TrainConfig, run: RunFolder, resume: Checkpoint | None, view: View, server: Path | None = None
) -> int:
    """Trains until `config.steps`, or until told to stop; the exit code.

    Every iteration: the rollout actors sample with the policy they have, the policy learns from what they sent, and
    the world-model learner, which runs all the while, publishes versions that the actors take when they see them.

    Args:
        server: directory of the gym-remote server that is the one emulator, and whose end is that of training, too.

    Raises:
        GymRemoteError: the server ended for another reason than its limits; what was learned is saved.
    """
    levels = [attached_level(config)] if server else select_levels(config.levels)
    state: dict[str, Any] | None = load_tree(resume.path, STATE) if resume else None
    if state is not None and server:
        state["parts"] = attached_state(state["parts"], config.seed)
    totals = Totals()
    scheduler = LevelScheduler(levels, config.level_schedule)
    faults = Faults(view.say)
    beginning = read_beginning(config, levels) if state is None else None
    if beginning:
        view.say(beginning.told)
    iteration = 0
    end: GymRemoteError | None = None
    if state is not None:
        totals.set_state(state["totals"])
        scheduler.set_state(state["levels"])
        faults.set_state(state["faults"])
        iteration = state["iteration"]
    run.cut_metrics(iteration)
    row: dict[str, Any] = totals.row()
    # Before the first checkpoint its age is the process's.
    saving: dict[str, float | None] = {"checkpoint_timestamp_seconds": time.time(), "checkpoint_seconds": None}

    def stopping() -> None:
        view.message("stopping after this iteration; once more to exit at once")

    with (
        Waiting(view.message, "starting learners, actors and emulators") as waiting,
        Janitor() as janitor,
        MetricsLog(run, config.metrics_host, config.metrics_port, row["steps_total"]) as log,
        _logs_kept(janitor.folder, run),
        Parts(
            config,
            levels,
            scheduler.probabilities(),
            run,
            janitor.folder,
            faults,
            state and state["parts"],
            server,
            beginning,
        ) as parts,
        scrape_targets(run, _endpoints(config, parts)),
        # After Ray has started, which sets a handler of its own for SIGTERM.
        Stopper(stopping, janitor.close) as stop,
    ):

        def save() -> bool:
            view.message("saving a checkpoint")
            begin = time.monotonic()
            tree: dict[str, Any] = {
                "parts": parts.get_state(row["steps_total"]),
                "totals": totals.get_state(),
                "levels": scheduler.get_state(),
                "faults": faults.get_state(),
                "iteration": iteration,
            }
            summary = {"steps_total": row["steps_total"], "score": row["extrinsic_return_mean"]}
            try:
                if at := not_finite(tree["parts"]):
                    raise NotFiniteError(f"{at} has numbers that are not finite")
                with run.checkpoints.writing(iteration, summary) as folder:
                    save_tree(folder, STATE, tree)
                    save_weights(folder / "world_model.safetensors", parts.spec, parts.weights(tree["parts"]))
            except (OSError, SafetensorError, NotFiniteError) as error:
                faults.count("checkpoint_failures_total")
                faults.tell(f"the checkpoint of iteration {iteration} cannot be written: {error}; older ones are kept")
                return False
            saving.update(checkpoint_timestamp_seconds=time.time(), checkpoint_seconds=time.monotonic() - begin)
            return True

        waiting.now("sampling the first steps")
        saved = begin = time.monotonic()
        throughput = Throughput(begin, row | parts.get_metrics())
        while row["steps_total"] < config.steps and not (stop.requested or parts.diverged):
            before = row
            try:
                done = parts.iterate()
            except RuntimeError as error:
                end = end_of_server(error)
                view.message(f"the server has ended: {end}")
                break
            iteration += 1
            totals.add(done)
            scheduler.add(done.errors)
            probabilities = scheduler.probabilities()
            if probabilities is not None:
                parts.draw_levels_by(probabilities)
            now = time.monotonic()
            row = {"iteration": iteration, **totals.row(), **parts.get_metrics(), **faults.row(), **saving}
            row["rollout_actors_configured"] = config.actors
            row |= throughput.add(now, row)
            add_trained_share(row)
            scheduler.describe(row["levels"])
            for what in ("steps", "frames"):
                row[f"{what}_per_second"] = (row[f"{what}_total"] - before[f"{what}_total"]) / (now - begin)
            row["iteration_seconds"] = now - begin
            row["iteration_timestamp_seconds"] = time.time()
            begin = now
            waiting.over()
            if why := log.write(row):
                faults.tell(f"{run.metrics_path} cannot be written: {why}; its lines wait")
            view.update(row)
            if now - saved >= config.checkpoint.every_seconds:
                save()
                saved = time.monotonic()
        if parts.diverged:
            view.say(f"error: {parts.diverged}; the run ends")
        complete = save()
        view.message("ending the actors")
    if config.report:
        view.message("writing the report")
        _report(run, view)
    view.end()
    view.say(table(totals.levels.table()))
    view.say(_last_words(config, run, row, stop.requested or parts.diverged is not None))
    if end and not isinstance(end, TimestepLimitError | WallClockLimitError):
        raise end
    return 0 if complete and not parts.diverged else 1


@contextmanager
def _logs_kept(temporary: Path, run: RunFolder) -> Iterator[None]:
    """Names the logs of all processes where a run fails."""
    try:
        yield
    except Exception as error:
        keep_logs(temporary, run.logs)
        error.add_note(f"the logs of all processes are in {run.path / 'logs'}")
        raise


def _report(run: RunFolder, view: View) -> None:
    """Whatever is wrong with it, the run is saved and has ended well."""
    try:
        # Here, because what draws takes seconds to load.
        with elsewhere():
            from cluster.report.report import write_report
        from cluster.run.history import read_history

        write_report(read_history(run.path), run.path / "report.html")
    except Exception as error:
        told = " ".join(str(error).split()) or type(error).__name__
        view.say(f"warning: the report cannot be written: {told}")


def _endpoints(config: TrainConfig, parts: Parts) -> list[str]:
    """HOST:PORTs of the run's results and, if its Ray is its own, of the actors'."""
    if not config.metrics_port:
        return []
    return [f"{config.metrics_host}:{config.metrics_port}", *parts.metrics_addresses()]


def _last_words(config: TrainConfig, run: RunFolder, row: dict[str, Any], stopped: bool) -> str:
    """Where everything is, and what to do next."""
    new = {"steps": config.steps if stopped else 2 * config.steps}
    # As a shell takes it.
    path = shlex.quote(str(run.path))
    return "\n".join(
        [
            f"{'stopped' if stopped else 'done'} after {row['steps_total']:,} steps; everything is in {run.path}:",
            "  config.yaml    the resolved configuration",
            "  metrics.jsonl  one line per iteration",
            "  checkpoints/   the newest and the best; each holds the world model as safetensors",
            *(["  report.html    open it in a browser"] if config.report else []),
            f"  tensorboard/   tensorboard --logdir {path}",
            f"next: sonic-worlds train --resume {path} --steps {new['steps']}",
        ]
    )
