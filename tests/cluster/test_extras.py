"""Commands whose packages are extras, where these are not installed."""

import sys
from pathlib import Path

import pytest

from cluster.config.config import TrainConfig
from cluster.metrics.live_view import View
from cluster.run.folder import RunFolder
from cluster.training.ending import last_words, report
from tests.refusals import Refused

LINE = 'not installed: pip install "sonic-worlds[{}]"'


def _hide(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("report", "a"), f"report: matplotlib is {LINE.format('plots')}"),
        (("compare", "a", "b"), f"compare: matplotlib is {LINE.format('plots')}"),
        (("contest", "random"), f"contest: matplotlib is {LINE.format('plots')}"),
        (("study", "a.yaml", "--out", "."), f"study: arch and matplotlib are {LINE.format('study')}"),
        (("watch", "a", "--record", "a.mp4"), f"--record a.mp4: av is {LINE.format('movies')}, or record a .gif"),
        (("dream", "a"), f"--record dream.mp4: av is {LINE.format('movies')}, or record a .gif"),
    ],
)
def test_a_missing_extra_is_one_line_that_names_it(
    refused: Refused, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], line: str
) -> None:
    _hide(monkeypatch, "av", "matplotlib", "arch")
    assert refused(*words) == f"sonic-worlds: error: {line}\n"


def test_a_gif_needs_no_extra(refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _hide(monkeypatch, "av")
    assert "it has no config.yaml" in refused("watch", tmp_path, "--record", tmp_path / "a.gif")


def test_a_run_without_plots_lists_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _hide(monkeypatch, "matplotlib")
    config = TrainConfig(runs_dir=tmp_path, name="a")
    run = RunFolder.create(config)
    run.close()
    with View() as view:
        reported = report(run, view)
    assert capsys.readouterr().out == f"warning: no report is written: matplotlib is {LINE.format('plots')}\n"
    assert not reported
    assert "report.html" not in last_words(config, run, {"steps_total": 1}, stopped=False, reported=reported)
    assert "report.html" in last_words(config, run, {"steps_total": 1}, stopped=False, reported=True)
