"""Plays a contest's matches, several at a time."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cluster.scoring.contest import Contestant, Match, write_result
from cluster.scoring.contest_view import ContestView
from cluster.scoring.match import RunningMatch

_TRIES = 2
_LOOK_SECONDS = 0.1


@dataclass
class _UnderWay:
    running: RunningMatch
    tries: int


class ContestPlay:
    """Plays matches. One whose host or agent dies is reported, and repeated once."""

    def __init__(
        self, contest: Path, contestants: Sequence[Contestant], steps: int, movies: bool, temporary: Path
    ) -> None:
        """
        Args:
            contest: folder of the contest.
            temporary: folder for the sockets, whose paths must be short.
        """
        self._contest = contest
        self._contestants = {contestant.name: contestant for contestant in contestants}
        self._steps = steps
        self._movies = movies
        self._temporary = temporary
        self._begun = 0

    def play(self, matches: Sequence[Match], parallel: int, stopped: Callable[[], bool], view: ContestView) -> int:
        """Plays until all matches have ended or `stopped` returns True; returns how many were given up."""
        waiting = deque((match, 1) for match in matches)
        under_way: list[_UnderWay] = []
        ended = given_up = 0
        try:
            while (waiting or under_way) and not stopped():
                while waiting and len(under_way) < parallel:
                    under_way.append(self._begin(*waiting.popleft()))
                for one in [one for one in under_way if one.running.ended()]:
                    under_way.remove(one)
                    one.running.close()
                    match, why = one.running.match, one.running.failure
                    if not why:
                        ended += 1
                        view.say(self._keep(one.running))
                    elif one.tries < _TRIES:
                        waiting.append((match, one.tries + 1))
                        view.say(f"{match}: {why}; it is tried again")
                    else:
                        given_up += 1
                        view.say(f"{match}: {why}; given up; its logs are in {match.folder(self._contest)}")
                view.update(ended, sum(one.running.steps for one in under_way))
                time.sleep(_LOOK_SECONDS)
        finally:
            for one in under_way:
                one.running.close()
        return given_up

    def _begin(self, match: Match, tries: int) -> _UnderWay:
        self._begun += 1
        meeting = self._temporary / str(self._begun)
        contestant = self._contestants[match.agent]
        folder = match.folder(self._contest)
        return _UnderWay(RunningMatch(match, contestant, folder, meeting, self._steps, self._movies), tries)

    def _keep(self, played: RunningMatch) -> str:
        """Writes the result; returns a line about it."""
        result = played.result()
        write_result(played.match, result, self._contest)
        episodes = len(result.returns)
        return f"{played.match}: {result.score:.1f} in {episodes:,} episode{'s' if episodes > 1 else ''}"
