import json

import numpy as np
import pytest

from actors.games.levels import Level
from actors.rollout.level_draw import LevelDraw
from cluster.training.level_scheduler import LevelSchedule, LevelScheduler
from learners.value_errors import FragmentError

LEVELS = [Level("a", "1"), Level("a", "2"), Level("b", "1"), Level("b", "2")]


def _whole(level: Level, score: float, steps: int = 10) -> FragmentError:
    return FragmentError(f"{level}-{score}", str(level), steps, steps * score, ended=True)


@pytest.mark.parametrize("schedule", ["uniform", "round-robin"])
def test_other_schedules_need_no_odds(schedule: LevelSchedule) -> None:
    scheduler = LevelScheduler(LEVELS, schedule)
    assert scheduler.probabilities() is None
    row = {str(LEVELS[0]): {"steps_total": 1}}
    scheduler.describe(row)
    assert row == {str(LEVELS[0]): {"steps_total": 1}}


def test_an_episode_is_scored_by_all_its_parts_when_it_ends() -> None:
    scheduler = LevelScheduler(LEVELS[:2], "prioritized")
    one, two = (str(level) for level in LEVELS[:2])
    # Of two episodes of one level, side by side, in three batches.
    scheduler.add([FragmentError("x", one, 10, 50.0, False), FragmentError("y", one, 4, 4.0, False)])
    scheduler.add([FragmentError("x", one, 20, 10.0, False)])
    row: dict[str, dict] = {one: {}, two: {}}
    scheduler.describe(row)
    assert row[one] == {"score": None, "probability": 0.5}
    scheduler.add([FragmentError("x", one, 10, 20.0, True)])
    scheduler.describe(row)
    assert row[one]["score"] == pytest.approx(80.0 / 40)
    scheduler.add([FragmentError("y", one, 4, 4.0, True)])
    scheduler.describe(row)
    assert row[one]["score"] == pytest.approx(1.0)
    assert row[two]["score"] is None


def test_each_game_s_levels_compete_among_themselves() -> None:
    scheduler = LevelScheduler(LEVELS, "prioritized")
    scheduler.add([_whole(level, score) for level, score in zip(LEVELS, (100.0, 50.0, 2.0, 1.0), strict=True)])
    odds = scheduler.probabilities()
    assert odds is not None
    assert odds[LEVELS[0]] + odds[LEVELS[1]] == pytest.approx(1)
    assert odds[LEVELS[2]] + odds[LEVELS[3]] == pytest.approx(1)
    assert odds[LEVELS[2]] > 0.89


def test_a_resumed_scheduler_goes_on() -> None:
    scheduler, resumed = LevelScheduler(LEVELS, "prioritized"), LevelScheduler(LEVELS, "prioritized")
    scheduler.add([_whole(LEVELS[0], 1.0), _whole(LEVELS[2], 3.0), _whole(LEVELS[1], 2.0)])
    resumed.set_state(json.loads(json.dumps(scheduler.get_state())))
    for each in (scheduler, resumed):
        each.add([_whole(LEVELS[3], 4.0)])
    assert resumed.probabilities() == scheduler.probabilities()
    assert resumed.probabilities() != LevelScheduler(LEVELS, "prioritized").probabilities()


def _steps(schedule: LevelSchedule, scores: dict[Level, float]) -> dict[Level, int]:
    """Steps on each level in 300 iterations of 2 actors with 4 emulators each, whose episodes take 30 to 90 steps."""
    levels, rng = list(scores), np.random.default_rng(0)
    scheduler = LevelScheduler(levels, schedule)
    draws = [LevelDraw(levels, 4 * i, 4, 8, [0, i], schedule == "round-robin") for i in range(2)]
    steps = dict.fromkeys(levels, 0)
    left = np.zeros((2, 4), int)
    playing: dict[tuple[int, int], tuple[Level, int]] = {}
    for iteration in range(300):
        ended = []
        for actor, emulator in np.ndindex(2, 4):
            if left[actor, emulator] <= 0:
                if iteration:
                    level, length = playing[actor, emulator]
                    ended.append(_whole(level, scores[level] * rng.uniform(0.9, 1.1), length))
                left[actor, emulator] = length = int(rng.integers(30, 90))
                playing[actor, emulator] = (draws[actor](emulator), length)
            steps[playing[actor, emulator][0]] += min(16, left[actor, emulator])
            left[actor, emulator] -= 16
        scheduler.add(ended)
        odds = scheduler.probabilities()
        if odds is not None:
            for draw in draws:
                draw.draw_by(odds)
    return steps


def test_prioritized_moves_steps_to_levels_with_higher_scores() -> None:
    scores = {Level("a", str(i)): 1.0 + i for i in range(12)}
    levels = list(scores)
    share = {s: np.array(list(_steps(s, scores).values()), float) for s in ("uniform", "round-robin", "prioritized")}
    share = {schedule: steps / steps.sum() for schedule, steps in share.items()}
    # The two best of twelve: a sixth if all are alike.
    assert share["uniform"][-2:].sum() == pytest.approx(1 / 6, abs=0.06)
    assert share["round-robin"][-2:].sum() == pytest.approx(1 / 6, abs=0.03)
    assert share["prioritized"][-2:].sum() > 0.6
    # And yet no level is left alone for ever.
    assert share["prioritized"].min() > 0.002, dict(zip(levels, share["prioritized"], strict=True))
