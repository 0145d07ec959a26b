"""Watching a trained agent, and its world model's dreams."""

import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from actors.agents.trained import Mind
from actors.games.games import WINDUP, actions_of
from actors.games.levels import Level
from cluster.run.agent import find_run, load_mind
from cluster.viewing.canvas import GROUND, Canvas
from cluster.viewing.dream import PARTED_STEPS, dream, half_spread, parting, sample
from cluster.viewing.insight import decode, insights
from cluster.viewing.watch_canvas import HEIGHT, WIDTH, WatchCanvas
from tests.refusals import Refused
from tests.runs import PROGRAM, SMALL, command
from world_model.forward_model import Mixture
from world_model.own_class import OwnClassError

pytestmark = pytest.mark.slow

LEVEL = Level(WINDUP, "Playroom.Act1")
needs_display = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="Xvfb or xdotool is not installed"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    done = command("train", "--serial", "--runs-dir", folder, "--name", "a", "--levels", LEVEL, "--steps", 400, *SMALL)
    assert done.returncode == 0, done.stderr
    return folder / "a"


@pytest.fixture(scope="module")
def mind(run: Path) -> Mind:
    return load_mind(find_run(run))


def _movie(file: Path) -> tuple[list[np.ndarray], float]:
    movie = cv2.VideoCapture(str(file))
    frames = []
    while True:
        there, frame = movie.read()
        if not there:
            return frames, movie.get(cv2.CAP_PROP_FPS)
        frames.append(frame)


def test_a_recorded_watch_shows_every_step_at_the_console_s_speed(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    done = command("watch", run, "--record", file, "--steps", 25)
    assert (done.returncode, done.stdout) == (0, f"the movie is in {file}\n"), done.stderr
    frames, rate = _movie(file)
    assert (len(frames), rate) == (25, 15)
    assert frames[0].shape == (HEIGHT, WIDTH, 3)
    gif = tmp_path / "a.gif"
    assert command("watch", run, "--record", gif, "--steps", 10, "--level", "Garden.Act2").returncode == 0
    with Image.open(gif) as image:
        assert (image.n_frames, image.size) == (10, (WIDTH, HEIGHT))  # type: ignore[attr-defined]
        assert image.info["duration"] == 66 // 10 * 10


def test_insights_are_what_the_networks_say(mind: Mind) -> None:
    stream = insights(mind, LEVEL, 0.0, np.random.default_rng(0))
    seen = [next(stream) for _ in range(12)]
    assert [each.step for each in seen] == list(range(1, 13))
    last = seen[-1]
    for shares in (last.probabilities, last.guess):
        assert shares.shape == (len(actions_of(WINDUP)),)
        assert shares.sum() == pytest.approx(1, abs=1e-5)
    with torch.inference_mode():
        z = mind.model.vae.means(torch.from_numpy(last.frame[None]))
        assert np.allclose(z[0].numpy(), last.z)
        assert np.array_equal(decode(mind.model, z), last.reconstruction)
    assert last.screen.shape == (224, 320, 3)
    assert not np.array_equal(seen[0].screen, last.screen)


def test_a_curiosity_of_one_s_own_is_shown(mind: Mind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend("examples")
    stream = insights(replace(mind, curiosity="own_curiosity:Unlike"), LEVEL, 0.0, np.random.default_rng(0), True)
    assert any(next(stream).curiosity > 0 for _ in range(30))
    with pytest.raises(OwnClassError, match="module nowhere cannot be imported"):
        next(insights(replace(mind, curiosity="nowhere:Unlike"), LEVEL, 0.0, np.random.default_rng(0), True))


def test_the_same_seed_is_the_same_play(mind: Mind) -> None:
    plays = [
        [
            each.action
            for each, _ in zip(insights(mind, LEVEL, 0.25, np.random.default_rng(seed)), range(40), strict=False)
        ]
        for seed in (1, 1, 2)
    ]
    assert plays[0] == plays[1] != plays[2]


def test_a_picture_has_no_text_outside_and_none_over_another(mind: Mind) -> None:
    seen = next(insights(mind, LEVEL, 0.0, np.random.default_rng(0)))
    picture = WatchCanvas(LEVEL.state, actions_of(WINDUP)).draw(seen)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    for edge in (picture[:, :8], picture[:, -8:], picture[:6], picture[-8:]):
        assert (edge == GROUND).all()
    # Between the level's name and the score.
    assert (picture[10:40, 180:230] == GROUND).all()


def test_a_dream_is_recorded_and_the_same_for_a_seed(run: Path, mind: Mind, tmp_path: Path) -> None:
    file = tmp_path / "d.mp4"
    done = command("dream", run, "--record", file, "--steps", 20, fork=False)
    assert done.returncode == 0, done.stderr
    assert "of 20; the movie is in" in done.stdout
    frames, rate = _movie(file)
    assert (len(frames), rate) == (20, 15)
    dreams = [dream(mind, LEVEL, 20, temperature, seed) for temperature, seed in ((1.0, 0), (1.0, 0), (1.0, 1))]
    assert [each.error for each in dreams[0].steps] == [each.error for each in dreams[1].steps]
    assert [each.error for each in dreams[0].steps] != [each.error for each in dreams[2].steps]
    message = "do not part" if dreams[0].parted is None else f"part at step {dreams[0].parted} "
    assert message in done.stdout


def test_the_native_game_shows_what_the_emulator_does(mind: Mind) -> None:
    plays = [
        [
            (each.score, each.curiosity, each.screen.tobytes(), each.frame.tobytes(), each.done)
            for each, _ in zip(insights(mind, LEVEL, 0.25, np.random.default_rng(1), native), range(30), strict=False)
        ]
        for native in (True, False)
    ]
    assert plays[0] == plays[1]
    ours, theirs = (dream(mind, LEVEL, 10, 1.0, 0, native) for native in (True, False))
    for one, other in zip(ours.steps, theirs.steps, strict=True):
        assert np.array_equal(one.screen, other.screen)
        assert (one.error, one.action) == (other.error, other.action)


def test_they_part_where_the_error_stays_above_the_threshold() -> None:
    assert parting([2.0] * (PARTED_STEPS - 1) + [0.0] * 9, 1.0) is None
    assert parting([0.0, 0.0, *[2.0] * PARTED_STEPS], 1.0) == 3
    assert parting([2.0, 2.0, 0.0, *[2.0] * 20], 1.0) == 4
    assert parting([1.0] * 20, 1.0) is None
    assert parting([], 1.0) is None
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert half_spread([black, white]) == pytest.approx(0.5)
    assert half_spread([black]) == 0.0


def test_temperature_makes_samples_surer_or_wilder() -> None:
    n = 4000
    weights = torch.tensor([0.8, 0.2]).log().expand(n, 1, 2)
    means = torch.tensor([-1.0, 1.0]).expand(n, 1, 2)
    mixture = Mixture(weights, means, torch.full((n, 1, 2), 0.5).log())
    noise = torch.Generator().manual_seed(0)
    cold, usual, hot = (sample(mixture, temperature, noise) for temperature in (0.1, 1.0, 4.0))
    # At 0.1 the odds are 0.8^10 to 0.2^10, and the standard deviation is 0.5 times the root of 0.1.
    assert cold.mean() == pytest.approx(-1, abs=0.02)
    assert cold.std() == pytest.approx(0.5 * 0.1**0.5, rel=0.1)
    assert usual.mean() == pytest.approx(-0.6, abs=0.06)
    assert hot.std() > usual.std() > cold.std()


def test_canvas_draws_where_it_is_told() -> None:
    canvas = Canvas(40, 20)
    canvas.bar((10, 5, 20, 4), 0.5, (255, 0, 0))
    red = (canvas.pixels() == (255, 0, 0)).all(-1)
    ys, xs = np.nonzero(red)
    assert (xs.min(), xs.max(), ys.min(), ys.max()) == (10, 20, 5, 9)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["watch", "/none", "--record", "a.mp4"], "RUN /none is not the folder of a run"),
        (["watch", "RUN", "--record", "a.avi"], "--record a.avi: its name must end in .mp4 or .gif"),
        (
            ["watch", "RUN", "--record", "/tmp/a.mp4", "--steps", "0"],
            "--steps 0: 1 to 1,000,000,000,000,000 is allowed",
        ),
        (["watch", "RUN", "--record", "/tmp/a.mp4", "--level", "Playroom"], "these are"),
        (["watch", "RUN", "--record", "/tmp/a.mp4", "--level", "Nowhere"], "--level Nowhere: "),
        (["watch", "RUN", "--record", "/tmp/a.mp4", "--level", "GeneratedGarden.Seed0.Level5"], "--emulator native"),
        (["dream", "RUN", "--emulator", "native", "--level", "Airstriker-Genesis-v0"], "plays Windup-Genesis-v0 alone"),
        (["dream", "RUN", "--temperature", "0"], "--temperature 0.0: 0.001 to 1,000.0 is allowed"),
        (["dream", "RUN", "--steps", "-3"], "--steps -3: 1 to 4,500 is allowed"),
        (["dream", "RUN", "--record", "/none/a.gif"], "there is no folder /none"),
    ],
)
def test_bad_input(run: Path, words: list[str], message: str, refused: Refused) -> None:
    assert message in refused(*[run if word == "RUN" else word for word in words])


def test_without_a_display_a_movie_is_offered(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "")
    done = command("watch", run)
    assert done.returncode == 2
    assert "with --record FILE.mp4 it makes a movie" in done.stderr


@needs_display
def test_a_window_shows_it_until_it_is_closed(run: Path, display: str) -> None:
    game = subprocess.Popen([*PROGRAM, "watch", str(run)])
    try:
        deadline = time.monotonic() + 200
        while not _xdotool("search", "--name", str(LEVEL)):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1.0)
        _xdotool("key", "Escape")
        assert game.wait(timeout=120) == 0
    finally:
        game.kill()


def _xdotool(*words: str) -> str:
    return subprocess.run(["xdotool", *words], capture_output=True, text=True, check=False).stdout.strip()
