"""A resumed agent is the same agent, bit for bit; so is one whose parameter server was killed."""

import json
from pathlib import Path

import pytest

from tests.runs import run_module


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("algorithm", "lives"),
    [("ppo", ["2", "serial", "killed+1"]), ("appo", ["1", "2"])],
)
def test_what_an_agent_makes_of_a_frame_outlives_resumes_and_kills(
    tmp_path: Path, algorithm: str, lives: list[str]
) -> None:
    done = run_module("tests.end_to_end.same_agent", tmp_path, algorithm, *lives)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    expected = result[0][0]
    for life, agents in zip(lives, result, strict=True):
        killed = life.startswith("killed+")
        assert len(agents) == (1 if life == "serial" else int(life.removeprefix("killed+"))), (life, result)
        if life != "serial" and not killed:
            # An actor's draws begin as in a new run, and no other's are the same.
            seeds = [agent["seed"] for agent in agents]
            assert seeds[0] == expected["seed"]
            assert len({*seeds}) == len(seeds)
        for agent in agents:
            # Beside a killed actor the policy learned on.
            same = ("z", "h") if killed else ("z", "h", "logits", "value")
            assert {name: agent[name] for name in same} == {name: expected[name] for name in same}, life
