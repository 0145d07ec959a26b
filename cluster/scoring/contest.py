"""A contest's matches: every agent on every level, for every seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import FiniteFloat, TypeAdapter

from actors.games.games import actions_of
from actors.games.levels import Level, select_levels
from cluster.config.errors import UsageError
from cluster.config.json_file import JsonError, read_json
from cluster.config.output_file import replace_json
from cluster.run.agent import find_run

BASELINES = ("random", "hold-right", "jerk", "ppo")
_LEARN = "+learn"


@dataclass(frozen=True)
class Contestant:
    """An agent of the contest.

    Attributes:
        name: on the leaderboard.
        words: arguments of `sonic-worlds agent`.
        checkpoint: with the agent's networks; None for a baseline.
        learns: whether it makes a new run in each match.
    """

    name: str
    words: tuple[str, ...]
    checkpoint: Path | None = None
    learns: bool = False


@dataclass(frozen=True)
class Match:
    """An agent's time on one level, with one seed."""

    agent: str
    level: Level
    seed: int

    def __str__(self) -> str:
        return f"{self.agent} on {self.level}, seed {self.seed}"

    def folder(self, contest: Path) -> Path:
        """Returns the folder for all files of the match."""
        return contest / "matches" / self.agent / self.level.game / self.level.state / f"seed-{self.seed}"


@dataclass(frozen=True)
class Result:
    """The result of a match.

    Attributes:
        returns: of the finished episodes, or, if there are none, of the unfinished one.
        lengths: number of steps of each.
        seconds: seconds from the start of the match to the end of each.
    """

    returns: list[FiniteFloat]
    lengths: list[int]
    seconds: list[FiniteFloat]

    @property
    def score(self) -> float:
        """The contest's score: the mean return over all episodes."""
        return sum(self.returns) / len(self.returns)


def find_contestants(agents: Sequence[str], levels: Sequence[Level]) -> list[Contestant]:
    """Returns the agents for words, which name baselines or folders of runs.

    Raises:
        UsageError: a word is neither, or an agent cannot play the levels, or two have the same name.
    """
    contestants: dict[str, Contestant] = {}
    for word in agents:
        contestant = Contestant(word, ("--policy", word)) if word in BASELINES else _trained(word, levels)
        if contestant.name in contestants:
            raise UsageError(f"AGENT {word}: there are two of the name {contestant.name}")
        contestants[contestant.name] = contestant
    return list(contestants.values())


def _trained(word: str, levels: Sequence[Level]) -> Contestant:
    path = Path(word.removesuffix(_LEARN))
    if not path.exists():
        raise UsageError(f"AGENT {word}: it must be {', '.join(BASELINES)}, or the folder of a run, or FOLDER{_LEARN}")
    run = find_run(path)
    game = select_levels(run.config.levels)[0].game
    for level in levels:
        if actions_of(level.game) != actions_of(game):
            raise UsageError(f"AGENT {word}: it was trained on {game}, whose actions are not those of {level.game}")
    # The checkpoint that is the newest now plays all matches, even if the run goes on.
    checkpoint = run.checkpoint.path.resolve()
    path = path.resolve()
    name = path.name if path != checkpoint else f"{path.parents[1].name}-{path.name}"
    if word.endswith(_LEARN):
        return Contestant(f"{name}{_LEARN}", (str(checkpoint), "--learn"), checkpoint, learns=True)
    return Contestant(name, (str(checkpoint),), checkpoint)


_FORM = TypeAdapter(Result)


def read_result(match: Match, contest: Path) -> Result | None:
    """Returns the result of a match; None if it has not ended.

    Raises:
        UsageError: the file is damaged.
    """
    file = match.folder(contest) / "result.json"
    if not file.exists():
        return None
    try:
        result = read_json(file, _FORM)
        if not 0 < len(result.returns) == len(result.lengths) == len(result.seconds):
            raise JsonError("returns, lengths and seconds must be of as many episodes, and of one at least")
    except JsonError as error:
        raise UsageError(f"{file} is damaged: {error}; remove it, and the match is played anew") from error
    return result


def write_result(match: Match, result: Result, contest: Path) -> None:
    """Writes the result of a match, through a temporary name."""
    content = {
        "agent": match.agent,
        "level": str(match.level),
        "seed": match.seed,
        "score": result.score,
        "returns": result.returns,
        "lengths": result.lengths,
        "seconds": result.seconds,
    }
    replace_json(match.folder(contest) / "result.json", content)
