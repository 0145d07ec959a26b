"""The report and the comparison: their numbers, their pictures, and what a browser makes of them."""

import base64
import json
import re
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from actors.games.games import WINDUP
from actors.games.levels import Level
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.report.heat import heat_picture
from cluster.report.plots import curves, spark
from cluster.run.history import read_history
from tests.browser import browse, needs_chromium
from tests.refusals import Refused
from tests.runs import SMALL, command

pytestmark = pytest.mark.slow

LEVELS = f"{WINDUP}/Playroom.Act1,Airstriker-Genesis-v0"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short run with its report."""
    folder = tmp_path_factory.mktemp("runs")
    words = [*SMALL[:-1], "--levels", LEVELS, "--steps", 600, "--emulator.max-episode-steps=40"]
    done = command("train", "--serial", "--runs-dir", folder, "--name", "a", *words)
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout
    return folder / "a"


def _pictures(page: str, kind: str) -> list[Image.Image]:
    result = re.findall(rf'src="data:{kind};base64,([^"]+)"', page)
    return [Image.open(BytesIO(base64.b64decode(data))) for data in result]


def test_the_report_has_everything_and_needs_nothing(run: Path) -> None:
    page = (run / "report.html").read_text()
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    assert f"<b>{last['steps_total']:,}</b>" in page
    headings = re.findall(r"<h2[^>]*>([^<]*)</h2>", page)
    expected = ["Summary", "Throughput", "Returns and curiosity", "Learning", "Levels", "Maps"]
    assert headings == [*expected, "What the world model sees", "Faults", "Configuration"]
    assert "Windup-Genesis-v0/Playroom.Act1" in page
    assert "lag: 3" in page
    # The map of the one level that tells where the player is, and two levels' glimpses.
    playroom, *glimpses = _pictures(page, "image/jpeg")
    with Image.open(f"windup/integration/{WINDUP}/maps/Playroom.Act1.png") as picture:
        assert playroom.size == picture.size
    assert len(glimpses) == 2
    assert all(picture.size == (8 * 100 - 4, 3 * 100 - 4) for picture in glimpses)
    assert all(np.asarray(picture).std() > 10 for picture in glimpses)
    assert page.count("data:image/svg+xml") >= 10
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page) == []
    assert not list(run.glob(".*.tmp"))


def test_it_is_written_again_while_a_run_trains_and_without_a_checkpoint(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "b"
    copy.mkdir()
    for name in ("config.yaml", "metrics.jsonl"):
        shutil.copy(run / name, copy)
    # A line that is being written.
    with (copy / "metrics.jsonl").open("a") as file:
        file.write('{"iteration": 99')
    done = command("report", copy, "--out", tmp_path / "r.html", fork=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "r.html").read_text()
    assert "it has no checkpoint yet" in page
    assert not (copy / "report.html").exists()


def test_runs_are_compared(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(run, other)
    config = yaml.safe_load((other / "config.yaml").read_text())
    config["policy"]["clip"] = 0.3
    (other / "config.yaml").write_text(yaml.safe_dump(config))
    done = command("compare", run, other, "--out", tmp_path / "c.html")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "c.html").read_text()
    assert "<td>policy.clip</td><td>0.2</td><td>0.3</td>" in page
    assert page.count("data:image/svg+xml") == 6
    assert "<th></th><th>a</th><th>other</th>" in page


@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_it_without_a_complaint_or_a_request(run: Path, tmp_path: Path, width: int) -> None:
    picture = tmp_path / "page.png"
    words = [f"--window-size={width},3000", f"--screenshot={picture}", "--hide-scrollbars"]
    done = browse(f"file://{run / 'report.html'}", tmp_path / "profile", *words)
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr
    assert "ERR_" not in done.stderr
    with Image.open(picture) as image:
        assert image.width == width
        shown = np.asarray(image.convert("RGB"))
    # No plot is cut off at the right: the page's edge stays as good as white.
    assert (shown[:, -4:] > 245).all()
    assert shown.std() > 20


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["report", "/none"], "RUN /none is not the folder of a run"),
        (["report", "RUN", "--out", "a.pdf"], "--out a.pdf: its name must end in .html"),
        (["report", "RUN", "--out", "/none/a.html"], "there is no folder /none"),
        (["compare", "RUN"], "name two runs or more"),
        (["compare", "RUN", "/none"], "RUN /none is not the folder of a run"),
        (["status", "/none"], "RUN /none is not the folder of a run"),
        (["status", "http://127.0.0.1:1"], "does not answer"),
    ],
)
def test_bad_input(run: Path, words: list[str], message: str, refused: Refused) -> None:
    assert message in refused(*[run if word == "RUN" else word for word in words])


def test_a_damaged_log_is_told_and_one_that_is_empty_too(run: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(TrainConfig().model_dump(mode="json")))
    with pytest.raises(UsageError, match="no finished iteration"):
        read_history(tmp_path)
    (tmp_path / "metrics.jsonl").write_text('{"iteration": 1}\n{"iter\n')
    with pytest.raises(UsageError, match=r"metrics.jsonl is damaged"):
        read_history(tmp_path)


def test_heat_is_where_the_agent_was() -> None:
    level = Level(WINDUP, "Playroom.Act1")
    cold = np.asarray(heat_picture(level, {}), int)
    warm = np.asarray(heat_picture(level, {(3, 5): 100, (4, 5): 1}), int)
    changed = np.abs(warm[:, :, 0] - cold[:, :, 0] / 0.6) > 4
    ys, xs = np.nonzero(changed)
    assert (xs.min() // 8, xs.max() // 8, ys.min() // 8, ys.max() // 8) == (3, 4, 5, 5)
    # A game without pictures is drawn as large as it was seen.
    assert heat_picture(Level("G", "s"), {(9, 2): 1}).size == (80, 24)


def test_plots_take_gaps_and_nothing() -> None:
    assert curves([("a", [1, 2, 3], [None, 2.0, None])], "y").startswith("data:image/svg+xml;base64,")
    assert curves([("a", [], [])], "y")
    assert spark([1.0, None, 3.0]).count(",") == 2
    assert spark([None, 1.0]) == ""
