"""The native game's part of the benchmarks: what is measured, what is compared, and what is told of it."""

import time
from typing import Any

import pytest

from benchmarks import readme, targets, worker, workers
from benchmarks.native import profile, step
from benchmarks.native.comparison import table
from benchmarks.native.tables import games_table, profile_table
from benchmarks.roofline import LEVEL
from cluster.config.config import TrainConfig
from learners.policy import policy_config

pytestmark = pytest.mark.slow

RESULT: dict[str, Any] = {
    "step": {
        "step_us": 50.0,
        "emulator_step_us": 450.0,
        "step_ratio": 9.0,
        "reset_us": 21.0,
        "emulator_reset_us": 2000.0,
        "reset_ratio": 95.0,
        "bytes_a_game": 150 * 1024.0,
    },
    "pool": {"games": 24, "native": 30_000.0, "emulators": 3000.0, "ratio": 10.0},
    "rollouts": {
        "actors": 2,
        "emulators": {"games": 12, "fragment": 85, "steps_per_second": 2000.0},
        "native": [
            {"games": 12, "fragment": 85, "steps_per_second": 3800.0, "ratio": 1.9},
            {"games": 64, "fragment": 16, "steps_per_second": 5000.0, "ratio": 2.5},
        ],
        "best": 64,
    },
    "training": {
        "emulators": {"games": 12, "steps_per_second": 900.0, "ratio": 1.0, "training_ratio": 0.25},
        "native": {"games": 12, "steps_per_second": 1350.0, "ratio": 1.5, "training_ratio": 0.2},
        "native_best": {"games": 64, "steps_per_second": 1800.0, "ratio": 2.0, "training_ratio": 0.15},
    },
    "profile": {"12": {"game": 40.0, "V": 160.0}, "64": {"game": 41.0, "V": 120.0, "M": 3.0}},
}
MACHINE = {"cores": 2, "processor": "a processor", "bfloat16": True}


def cells(shown: Any) -> list[list[str]]:
    return [list(map(str, row)) for row in zip(*(column.cells for column in shown.columns), strict=True)]


def test_each_target_of_the_native_game_is_told_with_bfloat16_and_without() -> None:
    slow = RESULT | {"training": RESULT["training"] | {"native": {"ratio": 1.3}}}
    rows = {row[0]: row[1:] for row in cells(targets.native_table({"native": RESULT, "native_without_bfloat16": slow}))}
    begun = rows["an episode's begin, its first frame drawn"]
    assert begun == ["<= 20 us", "21.00 us", "NOT MET", "21.00 us", "NOT MET"]
    assert rows["memory of a game, with its observation"][:3] == ["<= 200 KiB", "150 KiB", "met"]
    assert rows["rollouts with learners paused, to the emulators'"][:3] == [">= 2", "1.90", "NOT MET"]
    assert rows["whole training run, to one on emulators"] == [">= 1.4", "1.50", "met", "1.30", "NOT MET"]


def test_what_stable_baselines3_gains_is_told_where_both_were_measured() -> None:
    peers = {"Stable-Baselines3 PPO": {"ratio": 1.8}, "Stable-Baselines3 PPO, native game": {"ratio": 0.6}}
    what = targets.NATIVE[-1].what
    rows = {row[0]: row[1:4] for row in cells(targets.native_table({"peers": {"peers": peers}}))}
    assert rows[what] == ["", "3.00", ""]
    peers["Stable-Baselines3 PPO, native game"] = {"error": "not installed: make peers"}  # type: ignore[dict-item]
    rows = {row[0]: row[1:4] for row in cells(targets.native_table({"peers": {"peers": peers}}))}
    assert rows[what] == ["", "not measured", ""]


def test_every_table_shows_what_was_measured() -> None:
    shown = cells(table(RESULT))
    assert shown[0][1:] == ["50.0", "450", "9.0"]
    assert ["whole training run, 64 games an actor, steps/s", "1,800", "900", "2.0"] in shown
    by_games = {row[0]: row[1:] for row in cells(games_table(RESULT))}
    assert by_games["12 emulators"] == ["85", "2,000", "1.00", "900", "1.00", "0.25"]
    assert by_games["12"] == ["85", "3,800", "1.90", "1,350", "1.50", "0.20"]
    assert cells(profile_table(RESULT)) == [
        ["V", "160.0", "120.0"],
        ["game", "40.0", "41.0"],
        ["M", "0.0", "3.0"],
        ["all", "200.0", "164.0"],
    ]


def test_documents_say_the_command_of_what_was_measured_without_bfloat16() -> None:
    results = {"machine": MACHINE, "native": RESULT, "native_without_bfloat16": RESULT}
    for text in (readme.render(results), readme.render_native(results)):
        assert "`make bench ARGS=native`" in text
        assert '`make bench ARGS="native --without-bfloat16"`' in text
    assert "(a processor, with bfloat16)" in readme.render(results)
    assert "--without-bfloat16" not in readme.render({"machine": MACHINE, "native": RESULT})


@pytest.mark.parametrize("games", [12, 64, 256, 2000])
def test_fragments_are_those_of_a_run_s_ppo(games: int) -> None:
    config = TrainConfig()
    made = policy_config(config.policy, object, {}, config.actors, games, seed=0, serial=False, steps=0)
    assert made.rollout_fragment_length == worker.run_fragment(games)


def test_a_clock_gives_each_part_its_own_time_without_that_of_the_parts_inside_it() -> None:
    class Work:
        def inner(self) -> None:
            _burn(0.05)

        def outer(self) -> None:
            _burn(0.02)
            self.inner()

    work, clock = Work(), profile.Clock()
    clock.watch("outer", work, "outer")
    clock.watch("inner", work, "inner")
    work.outer()
    time.sleep(0.2)
    work.outer()
    assert clock.seconds["outer"] == pytest.approx(0.04, abs=0.015)
    assert clock.seconds["inner"] == pytest.approx(0.10, abs=0.015)


def test_a_profile_tells_all_parts_of_an_actor_s_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile, "SECONDS", 0.0)
    parts = profile.measure_profile(256)
    assert set(parts) >= {"game", "V", "M", "curiosity", "sequences", "counting", "policy", "connectors", profile.REST}
    assert min(parts.values()) > 0


def test_a_step_s_figures_agree_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few in {"SLICES": 3, "EMULATED": 20, "EMULATED_RESETS": 2}.items():
        monkeypatch.setattr(step, name, few)
    result = step.measure_step()
    assert result["step_undrawn_us"] < result["step_us"] < result["emulator_step_us"]
    assert result["reset_us"] < result["emulator_reset_us"]
    assert result["bytes_a_game"] > step.SIZE**2 * 3


@pytest.mark.parametrize("kind", ["native-pool", "native-rollout"])
def test_a_worker_plays_native_games(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SLICE_SECONDS", 0.2)
    group = workers.level_workers(kind, 1, 64, LEVEL)
    assert group.rate() > 0
    group.close()


def _burn(seconds: float) -> None:
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass
