from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from actors.rollout.transport import LocalSink, LocalWeights
from learners.sequence_pool import SequencePool
from tests.published import publish
from tests.sequences import make_sequences
from world_model.published.parameter_server import ParameterServer, Published
from world_model.published.private_valkey import PrivateValkey
from world_model.spec import WorldModelSpec


def test_the_server_in_this_process_gives_what_is_newer(tmp_path: Path) -> None:
    with PrivateValkey(tmp_path / "valkey") as valkey:
        server = ParameterServer(valkey.url, "run", keep=4, lag=2)
        source = LocalWeights(server, "actor-1")
        assert source.newer(0) is None
        for updates in (10, 20):
            publish(server, {"a": np.full(3, updates, np.float32)}, updates)
        newer = source.newer(1)
        assert newer is not None
        assert newer[0] == 2
        np.testing.assert_array_equal(newer[1]["a"], [20, 20, 20])
        # The server knows by name who lags behind.
        assert server.staleness() == {"actor-1": 1}
        assert source.newer(2) is None
        assert server.staleness() == {"actor-1": 0}


def test_a_version_that_is_not_as_it_was_published_is_refused_once(tmp_path: Path) -> None:
    class Server(ParameterServer):
        def poll(self, actor: str, using: int) -> Published | None:
            published = super().poll(actor, using)
            other = {"a": np.zeros(3, np.float32)}
            return replace(published, weights=other) if published and published.version == 2 else published

    with PrivateValkey(tmp_path / "valkey") as valkey:
        server = Server(valkey.url, "run", keep=4, lag=2)
        source = LocalWeights(server, "actor-1")
        for updates in (10, 20):
            publish(server, {"a": np.full(3, updates, np.float32)}, updates)
        assert [source.newer(1), source.newer(1)] == [None, None]
        assert source.refused == 1
        publish(server, {"a": np.full(3, 30, np.float32)}, 30)
        newer = source.newer(1)
        assert newer is not None
        assert (newer[0], source.refused) == (3, 1)


def test_what_takes_sequences_in_this_process_gets_them_all() -> None:
    n, t, spec = 2, 3, WorldModelSpec(actions=4, hidden=3)
    pool = SequencePool(8, t, spec, torch.device("cpu"), seed=0)
    sink = LocalSink(pool)
    sequences = make_sequences(spec, n, t, levels=("a", "b"))
    for shipped in range(1, 4):
        assert sink.ship(sequences)
        assert len(pool) == n * shipped
