"""Prometheus's own rule tester: a calm run trips no alert, and every alert is tripped by what it is for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "docker" / "prometheus"
ALERTS = {rule["alert"] for rule in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]}
pytestmark = pytest.mark.skipif(
    not shutil.which("promtool") and os.environ.get("SONIC_WORLDS_PROMETHEUS") != "required",
    reason="Prometheus is not installed",
)

# A value a minute, for three hours: `a+bxn` is a and n more values, each b higher; `axn` is a, n + 1 times.
CALM = {
    'up{job="sonic-worlds"}': "1x180",
    "sonic_worlds_iteration_timestamp_seconds": "0+60x180",
    'sonic_worlds_steps_per_second{window="60s"}': "600x180",
    'sonic_worlds_steps_per_second{window="300s"}': "600x180",
    "sonic_worlds_staleness_max": "1x180",
    "sonic_worlds_sequences_total": "0+2000x180",
    'sonic_worlds_restarts_total{component="rollout_actor"}': "0x90 1x90",
    'sonic_worlds_restarts_total{component="emulator"}': "0+1x180",
    "sonic_worlds_rollout_actors": "8x180",
    "sonic_worlds_rollout_actors_configured": "8x180",
    'sonic_worlds_heartbeat_age_seconds{component="rollout_actor",actor="3"}': "1x180",
    "sonic_worlds_checkpoint_timestamp_seconds": "0+60x180",
    "sonic_worlds_checkpoint_failures_total": "0x180",
    'sonic_worlds_updates_skipped_total{component="ppo"}': "0x180",
    "sonic_worlds_store_away": "0x180",
}
TROUBLE = {
    "RunStandsStill": {"sonic_worlds_iteration_timestamp_seconds": "0+60x100 6000x80"},
    "RunIsGone": {'up{job="sonic-worlds"}': "1x100 0x80"},
    "ThroughputDropped": {'sonic_worlds_steps_per_second{window="60s"}': "600x100 200x80"},
    "StalenessHigh": {"sonic_worlds_staleness_max": "1x100 30x80"},
    "PoolStarving": {"sonic_worlds_sequences_total": "0+2000x100 200000x80"},
    "RestartsInALoop": {'sonic_worlds_restarts_total{component="rollout_actor"}': "0x100 0+2x80"},
    "EmulatorRestartsInALoop": {'sonic_worlds_restarts_total{component="emulator"}': "0x100 0+20x80"},
    "ActorsMissing": {"sonic_worlds_rollout_actors": "8x100 7x80"},
    "PartSilent": {'sonic_worlds_heartbeat_age_seconds{component="rollout_actor",actor="3"}': "1x100 50x80"},
    "CheckpointOld": {"sonic_worlds_checkpoint_timestamp_seconds": "0+60x100 6000x80"},
    "CheckpointFails": {"sonic_worlds_checkpoint_failures_total": "0x100 0+1x80"},
    "UpdatesNotFinite": {'sonic_worlds_updates_skipped_total{component="ppo"}': "0x100 0+5x80"},
    "RedisAway": {"sonic_worlds_store_away": "0x100 1x80"},
}


def _firing(tmp_path: Path, series: dict[str, str], expected: dict[str, list[str]]) -> "subprocess.CompletedProcess":
    """Whether exactly these alerts fire at these times."""
    query = 'count by (alertname) (ALERTS{alertstate="firing"})'
    tests = [
        {
            "expr": query,
            "eval_time": time,
            "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in names],
        }
        for time, names in expected.items()
    ]
    content = {
        "rule_files": [str(FOLDER / name) for name in ("rules.yml", "alerts.yml")],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": tests,
            }
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump(content))
    return subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, check=False)


def test_every_alert_has_its_trouble() -> None:
    assert set(TROUBLE) == ALERTS


@pytest.mark.parametrize("alert", TROUBLE)
def test_an_alert_fires_for_its_trouble_alone(tmp_path: Path, alert: str) -> None:
    assert set(TROUBLE[alert]) <= set(CALM)
    done = _firing(tmp_path, CALM | TROUBLE[alert], {"95m": [], "117m": [alert]})
    assert done.returncode == 0, done.stdout + done.stderr
