import json
import math
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from actors.games.games import WINDUP
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.metrics.log import MetricsLog
from cluster.run.folder import RunFolder

PORT = 19_847


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunFolder]:
    folder = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a"))
    yield folder
    folder.close()


def _scraped() -> dict[str, float]:
    # The test's own request must not go through a proxy of the machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{PORT}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}


def test_a_row_is_a_line_a_point_and_a_metric(run: RunFolder) -> None:
    with MetricsLog(run, "127.0.0.1", PORT, 0) as log:
        log.write({"iteration": 1, "steps_total": 10, "world_model_loss": 0.5, "extrinsic_return_mean": None})
        log.write({"iteration": 2, "steps_total": 25, "world_model_loss": float("nan"), "extrinsic_return_mean": 3.0})
        scraped = _scraped()
    assert scraped["sonic_worlds_steps_total"] == 25
    # Not what it was before: there is an alert for it.
    assert math.isnan(scraped["sonic_worlds_world_model_loss"])
    rows = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
    assert [row["world_model_loss"] for row in rows] == [0.5, None]
    board = EventAccumulator(str(run.tensorboard)).Reload()
    assert [(point.step, point.value) for point in board.Scalars("steps_total")] == [(10, 10), (25, 25)]


def test_levels_are_points_and_metrics_of_their_own(run: RunFolder) -> None:
    with MetricsLog(run, "127.0.0.1", PORT, 0) as log:
        for steps, levels in (
            (
                10,
                {
                    f"{WINDUP}/Playroom.Act1": {"steps_total": 7, "progress_mean": 0.5},
                    f"{WINDUP}/Wrong": {"steps_total": 3, "progress_mean": None},
                },
            ),
            (25, {f"{WINDUP}/Wrong": {"steps_total": 18, "progress_mean": float("nan")}}),
        ):
            log.write({"iteration": 1, "steps_total": steps, "levels": levels})
        scraped = _scraped()
    first = f'{{game="{WINDUP}",level="Playroom.Act1",split="windup-train"}}'
    second = f'{{game="{WINDUP}",level="Wrong",split=""}}'
    assert scraped["sonic_worlds_level_steps_total" + first] == 7
    assert scraped["sonic_worlds_level_steps_total" + second] == 18
    assert scraped["sonic_worlds_level_progress_mean" + first] == 0.5
    assert math.isnan(scraped["sonic_worlds_level_progress_mean" + second])
    rows = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
    assert rows[1]["levels"] == {f"{WINDUP}/Wrong": {"steps_total": 18, "progress_mean": None}}
    board = EventAccumulator(str(run.tensorboard)).Reload()
    assert [(point.step, point.value) for point in board.Scalars(f"level_steps_total/{WINDUP}/Wrong")] == [
        (10, 3),
        (25, 18),
    ]
    assert [point.step for point in board.Scalars(f"level_progress_mean/{WINDUP}/Playroom.Act1")] == [10]


def test_what_a_killed_process_logged_after_its_checkpoint_is_gone_from_tensorboard(run: RunFolder) -> None:
    for begin, rows in ((0, [10, 20, 30]), (20, [29])):
        with MetricsLog(run, "127.0.0.1", 0, begin) as log:
            for steps in rows:
                log.write({"iteration": 1, "steps_total": steps})
        # TensorBoard's files are named by the second.
        time.sleep(1.1)
    board = EventAccumulator(str(run.tensorboard)).Reload()
    assert [point.step for point in board.Scalars("steps_total")] == [10, 20, 29]


def test_a_port_in_use_is_told(run: RunFolder) -> None:
    with MetricsLog(run, "127.0.0.1", PORT, 0), pytest.raises(UsageError, match=f"--metrics-port {PORT} is in use"):
        MetricsLog(run, "127.0.0.1", PORT, 0)


def test_without_a_port_there_is_no_endpoint(run: RunFolder) -> None:
    with MetricsLog(run, "127.0.0.1", 0, 0), pytest.raises(OSError, match="refused"):
        _scraped()
