import pytest

from cluster.metrics import faults
from cluster.metrics.faults import Faults


def test_counters_go_on_after_a_resume() -> None:
    first = Faults(lambda line: None)
    assert set(first.row().values()) == {0}
    first.count("valkey_restarts_total")
    first.count("rollout_actor_restarts_total", 3)
    second = Faults(lambda line: None)
    second.set_state(first.get_state())
    second.count("rollout_actor_restarts_total")
    assert second.row() == first.row() | {"rollout_actor_restarts_total": 4}


def test_a_counter_that_is_not_known_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Faults(lambda line: None).count("valkey_restart_total")


def test_what_goes_on_for_long_is_told_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(faults.time, "monotonic", lambda: now)
    messages: list[str] = []
    met = Faults(messages.append)
    for now in (0.0, 1.0, 59.0, 61.0, 62.0):  # noqa: B007
        met.warn("it is away")
    met.warn("it is full")
    assert messages == ["warning: it is away"] * 2 + ["warning: it is full"]
