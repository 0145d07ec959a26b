"""The results that README shows: of bench.json, of the study of defaults, and of the agent that comes with us."""

from pathlib import Path
from statistics import mean
from typing import Any

from actors.games.levels import select_levels
from benchmarks.learning import RESULTS, STUDIES, finished
from benchmarks.marked import table
from benchmarks.shipped_agent.courses import finished_share
from benchmarks.shipped_agent.evaluated import COMMAND, scores_by_level
from cluster.report.study_page import scores
from cluster.scoring.study_file import read_study

_STUDY, _VARIANT, _MARK = "curves", "ours", "hold-right"


def highlights(results: dict[str, Any], studies: Path = STUDIES, runs: Path = RESULTS) -> str:
    """Returns Markdown: a table of measures, figures and commands.

    Args:
        results: as in bench.json, every section measured.
    """
    peers, native, roofline = results["peers"], results["native"], results["roofline"]
    training, paced = native["training"], results["scaling"]["paced"][-1]
    ratios = ", ".join(f"{_ratio(peers, peer)} {short}" for peer, short in _PEERS.items())
    rows = [
        (
            f"a training run on emulators ({mean(peers['ours']):,.0f} steps/s), to other trainers' from pixels",
            f"{ratios} times as fast",
            "`make bench ARGS=peers`",
        ),
        (
            "a training run on the native game, to one on emulators",
            f"{training['native']['ratio']:.2f} times as fast",
            "`make bench ARGS=native`",
        ),
        (
            "rollouts, to the most that emulators and networks alone can do on these cores",
            f"{roofline['rollouts_to_limit']:.2f}",
            "`make bench ARGS=roofline`",
        ),
        (
            f"{paced['actors']} rollout actors that sleep instead of computing, to {paced['actors']} times one",
            f"{paced['linear']:.2f}",
            "`make bench ARGS=scaling`",
        ),
        _score(studies, runs),
        _shipped(runs / "pretrained.json"),
    ]
    lines = [("measured", "result", "command"), ("---", "---:", "---"), *rows]
    return table(lines)


_PEERS = {
    "RLlib PPO": "(RLlib PPO)",
    "Stable-Baselines3 PPO": "(Stable-Baselines3 PPO)",
    "Sample Factory APPO": "(Sample Factory APPO)",
}


def _ratio(peers: dict[str, Any], peer: str) -> str:
    return f"{peers['peers'][peer]['ratio']:.1f}"


def _score(studies: Path, runs: Path) -> tuple[str, str, str]:
    file = studies / f"{_STUDY}.yaml"
    study = read_study(file)
    results = finished(study, runs / study.name)
    command = f"`sonic-worlds study {file} --out .`"
    what = f"score on validation levels after {study.steps:,} steps; most is 10,000"
    headings, rows = scores(results, "not trained on") if results else ([], [])
    means = {row[0]: dict(zip(headings, row, strict=True)) for row in rows}
    if _VARIANT not in means:
        return what, "not measured", command
    ours = means[_VARIANT]
    mark = f"; {means[_MARK]['mean']} by holding RIGHT" if _MARK in means else ""
    return what, f"{ours['mean']} (seeds: {ours['seeds']}{mark})", command


def _shipped(file: Path) -> tuple[str, str, str]:
    by_level = scores_by_level(file)
    validation, training = (
        [by_level[str(level)] for level in select_levels(split)] for split in ("windup-validation", "windup-train")
    )
    told = [
        f"{mean(map(mean, levels)):,.0f}, goals reached {mean(map(finished_share, levels)):.0%}"
        for levels in (validation, training)
    ]
    return (
        "score on validation levels of the agent that comes with this software",
        f"{told[0]} (levels trained on: {told[1]})",
        f"`{COMMAND}`",
    )
