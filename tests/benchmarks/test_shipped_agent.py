"""How the shipped agent is made: courses that lead to the goal, and an agent that is the student's networks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.shipped_agent import lessons
from benchmarks.shipped_agent import teacher as teachers
from benchmarks.shipped_agent.courses import FINISHED, CourseGames, course
from benchmarks.shipped_agent.heads import train_heads
from benchmarks.shipped_agent.networks import Student
from benchmarks.shipped_agent.saved import save_agent
from benchmarks.shipped_agent.student import train_student
from benchmarks.shipped_agent.teacher_scores import scores
from cluster.run.agent import find_run, load_mind
from windup.native.games import Games
from windup.tools.solutions import read_solution

pytestmark = pytest.mark.slow

NONE, RIGHT = 0, 2


def test_a_course_leads_from_the_start_to_the_goal() -> None:
    made, actions = course("Playroom.Act1"), read_solution("Playroom.Act1").actions
    with Games(1, size=0) as games:
        games.reset([0], made.number)
        assert made.states[0] == games.save(0)
        games.load(0, made.states[-1])
        rest = actions[20 * (len(made.states) - 1) :]
        assert 0 < len(rest) <= 20
        over = [bool(games.step([action], [False])[1][0]) for action in rest]
    assert over[-1]
    assert not any(over[:-1])


def test_of_a_generated_level_the_way_is_the_search_s() -> None:
    made = course("GeneratedPlayroom.Seed0.Level1")
    with Games(1, size=0) as games:
        games.load(0, made.states[-1])
        assert games.variables(0)["progress"] > 0.9 * 9000


def test_an_episode_without_progress_is_truncated_and_the_next_begins() -> None:
    games = CourseGames([course("Playroom.Act1")], 2, 0, along=0.0, stuck=5)
    assert games.first.all()
    for _ in range(4):
        moved = games.step(np.array([NONE, RIGHT]))
        assert not moved.truncated.any()
        assert moved.last is None
    # What lands on the ground at the start may see a new cell.
    played = [games.step(np.array([NONE, RIGHT])) for _ in range(40)]
    assert any(each.truncated[0] for each in played)
    assert not any(each.terminated[0] for each in played)
    assert sum(each.rewards[1] for each in played) > 1
    assert sum(each.rewards[0] for each in played) < 0.5
    assert {score.level for score in games.scores} == {"Playroom.Act1"}
    games.close()


def test_episodes_along_the_way_see_the_goal() -> None:
    made = course("Playroom.Act1")
    games = CourseGames([made], 64, 0, along=1.0)
    ended = [games.step(np.full(64, RIGHT)).terminated for _ in range(60)]
    assert np.any(ended)
    # Only those of the start are told.
    assert all(score.score < FINISHED for score in games.scores)
    games.close()


def test_a_teacher_s_scores_are_those_of_whole_episodes() -> None:
    # Some networks that have learned nothing run far all the same.
    torch.manual_seed(0)
    result = scores(teachers.TeacherNet(), ["TrainYard.Act1", "Playroom.Act1"], 2)
    assert list(result) == ["TrainYard.Act1", "Playroom.Act1"]
    assert all(len(each) == 2 for each in result.values())
    # It has learned nothing yet.
    assert all(0 <= score < FINISHED for each in result.values() for score in each)
    assert len({score for each in result.values() for score in each}) > 2


def seen(student: Student, frames: torch.Tensor, features: torch.Tensor) -> list[torch.Tensor]:
    """What the policy is given and what it makes of it."""
    model = student.world_model
    with torch.inference_mode():
        z = model.vae.means(frames)
        state = model.forward_model.step(z, torch.arange(3), model.forward_model.initial_state(3))
        return [z, *state, student.pi(features), student.v(features)]


def test_the_agent_is_what_the_student_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (teachers, "_GAMES", 8),
        (teachers, "_HORIZON", 16),
        (lessons, "GAMES", 4),
        (lessons, "STEPS", 10),
        (lessons, "BATCH", 2),
        (lessons, "KEPT", 8),
    ):
        monkeypatch.setattr(module, name, value)
    rows: list[dict[str, Any]] = []
    courses = [course("Playroom.Act1")]
    teacher, student = teachers.TeacherNet(), Student()
    teachers.train_teacher(teacher, courses, 10 * 8 * 16, 0, rows.append)
    assert rows[-1]["steps"] == 10 * 8 * 16
    train_student(student, courses, lambda: teacher, 2.0, 0, rows.append)
    features = torch.randn(3, student.world_model.spec.features)
    frames = torch.randint(0, 256, (3, 64, 64, 3), dtype=torch.uint8)
    before = seen(student, frames, features)
    train_heads(student, courses, teacher, 2.0, 0, rows.append)
    assert all(map(torch.equal, before, seen(student, frames, features)))
    assert int(student.steps) > 0
    save_agent(student, tmp_path / "agent")
    mind = load_mind(find_run(tmp_path / "agent"))
    with torch.inference_mode():
        assert torch.equal(mind.agent.policy(features), student.pi(features))
        assert torch.equal(mind.value(features), student.v(features))
    theirs = student.world_model.state_dict()
    assert all(torch.equal(array, theirs[name]) for name, array in mind.model.state_dict().items())
