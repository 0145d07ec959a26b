"""python -m benchmarks.learning: writes tables and pictures of docs/learning.md from the finished runs in results/."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from actors.games.levels import select_levels
from benchmarks import learning_targets
from benchmarks.marked import all_marked, table, write_between
from benchmarks.shipped_agent.courses import finished_share
from benchmarks.shipped_agent.evaluated import COMMAND, scores_by_level
from cluster.report.study_page import scores
from cluster.report.study_plots import OVER, draw_returns, draw_scores
from cluster.scoring.probe_truths import MEASURE_NAMES, MEASURES
from cluster.scoring.result import read_result
from cluster.scoring.study_file import Study, read_study
from cluster.scoring.study_results import StudyResults
from windup.choice import chosen_levels
from windup.native.games import Games
from windup.native.level_numbers import level_number
from windup.tools.solutions import read_solution

DOCUMENT, STUDIES, RESULTS = Path("docs/learning.md"), Path("studies"), Path("results")
PICTURES = Path("docs/studies")
"""Folder of the document's pictures, with a folder for each study that is drawn."""
_BY_LEVEL = {"hold-right": "holds RIGHT", "ours": "`ours`", "perfect-eyes-same-ppo": "perfect eyes"}
"""Variants of the study `curves` that the table of all levels has, and their headings."""
_LEAST_SEEDS = 3
"""Seeds that a variant must have to be drawn."""
_GROUPS = ("trained on", "not trained on")
"""Groups of levels with a table; the other groups are in the study's own page."""
BEGIN, END = "<!-- from results/ by benchmarks.learning -->", "<!-- end of results/ -->"


def render(studies: Path = STUDIES, results: Path = RESULTS) -> str:
    """Returns Markdown: what was asked, every study with finished runs, then the probes."""
    parts, by_name = [], {}
    for file in sorted(studies.glob("*.yaml")):
        study = read_study(file)
        runs = finished(study, results / study.name)
        if runs is not None:
            parts += _section(study, file, runs)
            by_name[study.name] = runs
    parts = _targets(learning_targets.rows(by_name, results)) + parts
    parts += _probes(sorted((results / "probes").glob("*.json")))
    parts += _finder(results / "finder.json")
    parts += _by_level(studies, results)
    return "\n\n".join(parts) or "No run is finished."


def finished(study: Study, folder: Path) -> StudyResults | None:
    """Returns the results of a study's finished runs; None if there are none."""
    names = [f"{variant.name}-s{seed}" for seed in study.seeds for variant in study.variants]
    runs = [run for name in names if (run := read_result(folder / f"{name}.json")) is not None]
    return StudyResults(study, runs) if runs else None


def draw() -> None:
    """Draws learning curves of the rivals and of the two kinds of play at barriers."""
    for name in ("curves", "barriers"):
        (PICTURES / name).mkdir(parents=True, exist_ok=True)
    curves = _drawn("curves")
    for x in OVER:
        draw_returns(curves, x, PICTURES / "curves")
    draw_scores(_drawn("barriers"), "trained on", OVER[0], PICTURES / "barriers")


def _drawn(name: str) -> StudyResults:
    """Returns the results of a study's variants that have enough seeds."""
    results = _finished_study(STUDIES, RESULTS, name)
    runs = [run for its in results.runs.values() if len(its) >= _LEAST_SEEDS for run in its]
    return StudyResults(results.study, runs)


def _finished_study(studies: Path, results: Path, name: str) -> StudyResults:
    study = finished(read_study(studies / f"{name}.yaml"), results / name)
    assert study is not None
    return study


def _targets(rows: Sequence[learning_targets.Row]) -> list[str]:
    """Returns the table of what was asked."""
    if not rows:
        return []
    lines = [("what", "asked", "measured", "seeds"), ("---", "---:", "---:", "---:"), *rows]
    about = "By the contest's rules; scores are means, shares and comparisons are those of interquartile means:"
    return ["### What was asked", about, table(lines)]


def _section(study: Study, file: Path, results: StudyResults) -> list[str]:
    runs = [run for its in results.runs.values() for run in its]
    formats = {True: "with bfloat16", False: "without bfloat16"}
    machines = sorted({f"{run.cores} cores of {run.processor}, {formats[run.bfloat16]}" for run in runs})
    planned = len(study.seeds) * len(study.variants)
    parts = [
        f"### Study {study.name}",
        f"`sonic-worlds study {file} --out .`: {len(runs)} of {planned} runs, {study.steps:,} steps each, on"
        f" {'; '.join(machines)}.",
    ]
    for group in [name for name in _GROUPS if name in results.groups]:
        headings, rows = scores(results, group)
        lines = [headings, ("---", *["---:"] * (len(headings) - 1)), *rows]
        parts += [f"{group.capitalize()}:", table(lines)]
    return parts


def _probes(files: Sequence[Path]) -> list[str]:
    """Returns the table of probes: of each world model, of an untrained one, and of a network trained on the truths."""
    probes = {file.stem: json.loads(file.read_text()) for file in files}
    if not probes:
        return []
    command = (
        "`sonic-worlds probe RUN --frames 80000 --json FILE`, on validation levels; z is that of this frame and its"
        " change since the last one:"
    )
    names = [f"{name}, {what}" for name in probes for what in ("z", "[z, h]")]
    lines = [["truth", "measure", *names, "untrained, z", "supervised"]]
    lines += [["---", "---", *["---:"] * (len(names) + 2)]]
    for truth, kind in MEASURES.items():
        cells = [f"{probe[truth][kind][what]:.2f}" for probe in probes.values() for what in ("z", "zh")]
        last = next(reversed(probes.values()))[truth]
        ends = [f"{last['untrained']['z']:.2f}", f"{last['supervised']:.2f}"]
        lines.append([truth.replace("_", " "), MEASURE_NAMES[kind], *cells, *ends])
    return ["### What world models know", command, table(lines)]


def _finder(file: Path) -> list[str]:
    """Returns the table of how well the player is found, by what the finder had not learned from."""
    if not file.exists():
        return []
    command = (
        "`python -m benchmarks.finder --json results/finder.json`: share of the frames in which the player is found"
        " within 1 and 2 pixels of 64, by what was left out of the frames learned from; means over finders:"
    )
    results: dict[str, dict[str, list[list[float]]]] = json.loads(file.read_text())
    hows = list(next(iter(results.values())))
    lines = [["left out", "finders", *(f"frames {how}, {pixels}" for how in hows for pixels in (1, 2))]]
    lines += [["---", *["---:"] * 5]]
    for left_out, shares in results.items():
        means = [_mean(column) for how in hows for column in zip(*shares[how], strict=True)]
        lines.append([left_out, str(len(shares[hows[0]])), *(f"{share:.2f}" for share in means)])
    return ["### Finding the player", command, table(lines)]


def _by_level(studies: Path, results: Path) -> list[str]:
    """Returns the table of all levels: the shipped agent, those of the study `curves` and the recorded plays."""
    file = results / "pretrained.json"
    if not file.exists():
        return []
    imitation = scores_by_level(results / "imitation.json")
    teacher: dict[str, list[float]] = json.loads((results / "teacher.json").read_text())
    curves = _finished_study(studies, results, "curves")
    played = select_levels(curves.study.levels)
    others = [dict(zip(map(str, played), curves.matrix(variant, played).mean(0), strict=True)) for variant in _BY_LEVEL]
    rows = {}
    for name, played_scores in scores_by_level(file).items():
        short = name.partition("/")[2]
        rows[short] = [
            *(mean[name] for mean in others),
            _mean(played_scores),
            finished_share(played_scores),
            _mean(imitation[name]),
            _mean(teacher[short]),
            finished_share(teacher[short]),
            _recorded(short),
        ]
    shown = [*(["{:,.0f}"] * len(others)), "{:,.0f}", "{:.0%}", "{:,.0f}", "{:,.0f}", "{:.0%}", "{:,.0f}"]
    headings = ["level", *_BY_LEVEL.values(), "`pretrained`", "finished", "by imitation alone"]
    headings += ["its teacher", "finished", "recorded play"]
    lines = [headings, ["---", *["---:"] * len(shown)]]
    for split in ("train", "validation"):
        its = {name: rows[name] for name in chosen_levels(split, None)}
        its[f"**mean of {split}**"] = [_mean(column) for column in zip(*its.values(), strict=True)]
        for title, values in its.items():
            lines.append([title, *(form.format(value) for form, value in zip(shown, values, strict=True))])
    command = (
        f"`{COMMAND} --json results/pretrained.json` and `python -m benchmarks.shipped_agent.teacher_scores DIR --json"
        " results/teacher.json`, by the contest's rules, thirty and ten episodes of each level; recorded plays have no"
        " sticky actions. What it had learned by imitation, before PPO, played ten (results/imitation.json). The first"
        " three columns are means over the seeds of the study `curves`, after their last step:"
    )
    return ["### Level by level", command, table(lines)]


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)


def _recorded(level: str) -> float:
    """Returns the score of a level's recorded play."""
    with Games(1, size=0) as games:
        games.reset([0], level_number(level))
        return float(sum(games.step([action], [False])[0][0] for action in read_solution(level).actions))


def main() -> int:
    if not all_marked([DOCUMENT], BEGIN, END):
        return 2
    write_between(DOCUMENT, BEGIN, END, render())
    draw()
    return 0


if __name__ == "__main__":
    sys.exit(main())
