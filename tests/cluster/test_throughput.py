import pytest

from cluster.metrics.throughput import Throughput


def _row(steps: int) -> dict[str, int]:
    return {"steps_total": steps, "frames_total": 4 * steps, "ppo_updates_total": steps // 100}


def test_a_steady_run_has_one_speed_in_all_windows() -> None:
    speed = Throughput(1000.0, _row(0))
    for second in range(1, 700):
        rates = speed.add(1000.0 + second, _row(200 * second))
    for window in (10, 60, 300):
        assert rates[f"steps_per_second_{window}s"] == pytest.approx(200)
        assert rates[f"frames_per_second_{window}s"] == pytest.approx(800)
        assert rates[f"ppo_updates_per_second_{window}s"] == pytest.approx(2)
        assert rates[f"world_model_updates_per_second_{window}s"] == 0


def test_a_window_forgets_what_was_before_it() -> None:
    speed = Throughput(0.0, _row(0))
    steps = 0
    for second in range(1, 401):
        steps += 100 if second <= 340 else 10
        rates = speed.add(float(second), _row(steps))
    assert rates["steps_per_second_10s"] == pytest.approx(10)
    assert rates["steps_per_second_60s"] == pytest.approx(10)
    assert rates["steps_per_second_300s"] == pytest.approx((240 * 100 + 60 * 10) / 300)


def test_a_young_run_counts_from_its_beginning_and_a_resumed_one_from_the_resume() -> None:
    rates = Throughput(0.0, _row(50_000)).add(4.0, _row(50_400))
    assert rates["steps_per_second_10s"] == rates["steps_per_second_300s"] == pytest.approx(100)


def test_iterations_longer_than_a_window() -> None:
    speed = Throughput(0.0, _row(0))
    speed.add(25.0, _row(2500))
    assert speed.add(50.0, _row(3000))["steps_per_second_10s"] == pytest.approx(20)
