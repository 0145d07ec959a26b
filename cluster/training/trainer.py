"""The whole system on one page: the parts are made, joined and looped."""

import time
from typing import Any

from actors.gym_remote.errors import GymRemoteError, TimestepLimitError, WallClockLimitError
from cluster.config.config import TrainConfig
from cluster.host.janitor import Janitor
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
from cluster.training.attached import attached_state, end_of_server, levels_of
from cluster.training.ending import last_words, logs_kept, report
from cluster.training.level_scheduler import LevelScheduler
from cluster.training.open_run import OpenedRun
from cluster.training.parts import Parts
from cluster.training.ray_parts import RayParts
from cluster.training.saver import STATE, Saver
from cluster.training.serial_parts import SerialParts
from cluster.training.settling import Settling
from world_model.state_tree import load_tree


def train(opened: OpenedRun, view: View) -> int:
    """Trains until `config.steps`, a signal, or a divergence that cannot be mended; returns the exit code.

    In every iteration the rollout actors sample with the policy they have, and the policy learns from their samples.
    Meanwhile the world-model learner publishes versions, which the actors take when they see them.

    The training of an attached run also ends with the gym-remote server that is its emulator.

    Raises:
        GymRemoteError: that server ended, but not by its limits; the run is saved.
    """
    run, config, checkpoint, beginning = opened
    levels = levels_of(config)
    state: dict[str, Any] | None = load_tree(checkpoint.path, STATE) if checkpoint else None
    if state is not None and config.emulator.kind == "attached":
        state["parts"] = attached_state(state["parts"], config.seed)
    totals = Totals()
    scheduler = LevelScheduler(levels, config.level_schedule)
    faults = Faults(view.say)
    if beginning:
        view.say(beginning.text)
    iteration = 0
    end: GymRemoteError | None = None
    if state is not None:
        totals.set_state(state["totals"])
        scheduler.set_state(state["levels"])
        faults.set_state(state["faults"])
        iteration = state["iteration"]
    run.cut_metrics(iteration)
    row: dict[str, Any] = totals.row()
    saver = Saver(run.checkpoints, faults)
    make = SerialParts if config.serial else RayParts

    def stopping() -> None:
        view.message("stopping after this iteration; once more to exit at once")

    with (
        Waiting(view.message, "starting learners, actors and emulators") as waiting,
        Janitor() as janitor,
        MetricsLog(run, config.metrics_host, config.metrics_port, row["steps_total"]) as log,
        logs_kept(janitor.folder, run),
        make(
            config,
            levels,
            scheduler.probabilities(),
            run,
            janitor.folder,
            faults,
            state and state["parts"],
            beginning,
        ) as parts,
        scrape_targets(run, _endpoints(config, parts)),
        # After Ray has started, which sets a handler of its own for SIGTERM.
        Stopper(stopping, janitor.close) as stop,
    ):

        def save() -> bool:
            view.message("saving a checkpoint")
            kept = {"totals": totals.get_state(), "levels": scheduler.get_state(), "faults": faults.get_state()}
            return saver.save(parts, {**kept, "settled": settling.settled}, iteration, row)

        # Runs of earlier versions do not begin anew.
        settling = Settling(config, beginning, settled=bool(state and state.get("settled", True)))
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
            row = {"iteration": iteration, **totals.row(), **parts.get_metrics(), **faults.row(), **saver.row()}
            row["rollout_actors_configured"] = config.actors
            if settling.happens(row):
                parts.begin_policy_anew()
                view.say("the world model has made its last update; the policy begins anew")
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
                faults.warn(f"{run.metrics_path} cannot be written: {why}; its lines wait")
            view.update(row)
            if now - saved >= config.checkpoint.every_seconds:
                save()
                saved = time.monotonic()
        if parts.diverged:
            view.say(f"error: {parts.diverged}; the run ends")
        complete = save()
        view.message("ending the actors")
    reported = False
    if config.report:
        view.message("writing the report")
        reported = report(run, view)
    view.end()
    view.say(table(totals.levels.table()))
    view.say(last_words(config, run, row, stop.requested or parts.diverged is not None, reported))
    if end and not isinstance(end, TimestepLimitError | WallClockLimitError):
        raise end
    return 0 if complete and not parts.diverged else 1


def _endpoints(config: TrainConfig, parts: Parts) -> list[str]:
    """Returns HOST:PORTs of the run's metrics and, if Ray is the run's own, of the actors' metrics."""
    if not config.metrics_port:
        return []
    return [f"{config.metrics_host}:{config.metrics_port}", *parts.metrics_addresses()]
