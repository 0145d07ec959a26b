from typing import Any

from actors.transport import LocalSink, LocalWeights
from world_model.parameter_server import Published


class _Server:
    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def poll(self, actor: str, using: int) -> Published | None:
        self.asked.append((actor, using))
        return Published(3, {"w": 1}) if using < 3 else None


def test_the_server_in_this_process_is_asked_by_name() -> None:
    server = _Server()
    source = LocalWeights(server, "actor-1")
    assert source.newer(2) == (3, {"w": 1})
    assert source.newer(3) is None
    assert server.asked == [("actor-1", 2), ("actor-1", 3)]


def test_the_learner_in_this_process_takes_everything() -> None:
    taken: list[Any] = []

    class Learner:
        def add(self, sequences: Any) -> None:
            taken.append(sequences)

    assert LocalSink(Learner()).ship("sequences")  # type: ignore[arg-type]
    assert taken == ["sequences"]
