"""A real Prometheus on a live run: every query of every panel, rule and alert finds what it asks for."""

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.cluster.test_metric_catalogue import numbers_without_a_metric
from tests.faults.watched_run import WatchedRun
from tests.runs import SMALL, TWO_ACTORS, rows, start

DOCKER = Path(__file__).parents[2] / "docker"
pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not shutil.which("prometheus") and os.environ.get("SONIC_WORLDS_PROMETHEUS") != "required",
        reason="Prometheus is not installed",
    ),
]
LEVELS = "Windup-Genesis-v0/Playroom"


def _module(name: str) -> ModuleType:
    """A script of docker/grafana, which is no package."""
    spec = importlib.util.spec_from_file_location(name, DOCKER / "grafana" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


make, draw = _module("make"), _module("draw")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def run(unhurried: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedRun]:
    folder = tmp_path_factory.mktemp("runs")
    words = ["--steps", 10**7, "--levels", LEVELS, "--level-schedule=prioritized", "--metrics-port", _free_port()]
    words += ["--emulator.max-episode-steps=40", *SMALL, TWO_ACTORS]
    process = start("train", "--runs-dir", folder, "--name", "a", *words)
    run = WatchedRun(folder / "a", process)
    run.wait_until(lambda row: row["weights_version"] > 4)
    yield run
    run.end()
    assert not (folder / ".prometheus" / "a.json").exists()


@pytest.fixture(scope="module")
def prometheus(run: WatchedRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its URL. It is set up as `docker/prometheus/outside.yml` says, but looks more often."""
    folder = tmp_path_factory.mktemp("prometheus")
    config = yaml.safe_load((DOCKER / "prometheus" / "outside.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DOCKER / "prometheus" / name) for name in config["rule_files"]]
    ours = config["scrape_configs"][0]
    assert ours["file_sd_configs"][0]["files"] == ["../../runs/.prometheus/*.json"]
    ours["file_sd_configs"] = [{"files": [str(run.path.parent / ".prometheus" / "*.json")], "refresh_interval": "1s"}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = _free_port()
    words = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["prometheus", *words, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline:
        try:
            if len(draw.ask(url, "up == 1", time.time() - 2, time.time())) == 2:
                break
        except OSError:
            pass
        time.sleep(0.5)
    yield url
    server.terminate()
    server.wait()


def _queries() -> dict[str, str]:
    """Every query by where it is."""
    result = {}
    for file in sorted((DOCKER / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                result[f"{file.stem}: {panel['title']} {target['refId']}"] = target["expr"]
    for name in ("rules.yml", "alerts.yml"):
        for group in yaml.safe_load((DOCKER / "prometheus" / name).read_text())["groups"]:
            for rule in group["rules"]:
                result[f"{name}: {rule.get('record') or rule['alert']}"] = rule["expr"]
    return result


def _without_comparison(expression: str) -> str:
    """What an alert looks at, whether or not it fires now."""
    return re.split(r" (?:[<>]|==|!=) ", expression)[0]


def test_every_query_finds_something(run: WatchedRun, prometheus: str) -> None:
    missing = {where: q if "alerts" not in where else _without_comparison(q) for where, q in _queries().items()}
    assert len(missing) > 60
    deadline = time.monotonic() + 400
    while missing and time.monotonic() < deadline:
        time.sleep(2)
        now = time.time()
        missing = {where: q for where, q in missing.items() if not draw.ask(prometheus, q, now - 5, now)}
    assert missing == {}


def test_a_calm_run_trips_no_alert(prometheus: str) -> None:
    now = time.time()
    firing = draw.ask(prometheus, 'ALERTS{alertstate="firing"}', now - 5, now)
    assert [series["metric"]["alertname"] for series in firing] == []


def test_actors_are_counted_by_ray_as_the_driver_counts_them(run: WatchedRun, prometheus: str) -> None:
    now = time.time()
    series = draw.ask(prometheus, "sum(sonic_worlds_actor_steps_total)", now - 60, now)
    sampled = [float(value) for _, value in series[0]["values"]]
    # Ray hands on what it has every few seconds.
    assert 0 < sampled[-1] <= run.last()["steps_total"] + 1000
    labels = draw.ask(prometheus, "sonic_worlds_actor_steps_total", now - 5, now)
    assert {each["metric"]["actor"] for each in labels} == {"1", "2"}
    assert all("WorkerId" not in each["metric"] for each in labels)


def test_every_number_of_a_row_is_in_the_catalogue(run: WatchedRun) -> None:
    row = run.last()
    assert numbers_without_a_metric(row) == set()
    assert {"world-model learner", "PPO learner", "parameter server"} <= set(row["heartbeats"])
    for part in ("actor_emulate", "actor_infer", "actor_policy", "world_model_learn", "ppo_wait", "ppo_learn"):
        values = [each[f"{part}_seconds_total"] for each in rows(run.path)]
        assert values == sorted(values)
        assert values[-1] > 0
    assert 0 < row["trained_share"] <= 1
    assert row["policy_lag_min_updates"] <= row["policy_lag_mean_updates"] <= row["policy_lag_max_updates"] < 20


@pytest.mark.parametrize("name", sorted(make.DASHBOARDS))
def test_dashboards_are_as_they_are_made_and_can_be_drawn(tmp_path: Path, prometheus: str, name: str) -> None:
    file = DOCKER / "grafana" / "dashboards" / f"{name}.json"
    assert json.loads(file.read_text()) == make.dashboard(name), "run python docker/grafana/make.py"
    panels = make.dashboard(name)["panels"]
    for one in panels:
        assert one["gridPos"]["x"] + one["gridPos"]["w"] <= 24
    draw.draw(make.dashboard(name), prometheus, time.time() - 60, time.time(), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 30_000
