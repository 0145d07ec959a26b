"""The pad, the movie, and a whole game in a window where there is a display to test with."""

import shutil
import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from cluster.viewing.movie import Movie
from cluster.viewing.pad import PAD, action_of
from tests.browser import browse, needs_chromium
from tests.refusals import Refused
from tests.runs import PROGRAM, command

pytestmark = pytest.mark.slow

LEVEL = "Airstriker-Genesis-v0/Level1"
needs_display = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="Xvfb or xdotool is not installed"
)


def test_every_way_to_hold_the_pad_is_an_action() -> None:
    assert PAD[0] == ()
    assert len(PAD) == len(set(PAD)) == 72
    for number, buttons in enumerate(PAD):
        assert action_of(buttons) == number
    assert PAD[action_of({"B", "RIGHT", "DOWN"})] == ("RIGHT", "DOWN", "B")
    assert PAD[action_of({"LEFT", "RIGHT", "A"})] == ("A",)


def _screens(frames: int) -> list[np.ndarray]:
    """A square that moves over a coloured ground: uint8 [224, 320, 3] each."""
    screens = []
    for i in range(frames):
        screen = np.full((224, 320, 3), (40, 80, 160), np.uint8)
        screen[100:132, 4 * i : 4 * i + 32] = (250, 220, 30)
        screens.append(screen)
    return screens


def _mp4(file: Path) -> tuple[list[np.ndarray], float]:
    """Its frames as RGB, and the frames a second."""
    movie = cv2.VideoCapture(str(file))
    frames = []
    while True:
        there, frame = movie.read()
        if not there:
            return frames, movie.get(cv2.CAP_PROP_FPS)
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def test_an_mp4_shows_every_frame_at_twice_the_size(tmp_path: Path) -> None:
    screens = _screens(30)
    with Movie(tmp_path / "a.mp4") as movie:
        for screen in screens:
            movie.add(screen)
        # The console may change its resolution on the way.
        movie.add(screens[-1][:, :256])
    frames, rate = _mp4(tmp_path / "a.mp4")
    assert (len(frames), rate) == (31, 60)
    for frame, screen in zip(frames, screens, strict=False):
        assert frame.shape == (448, 640, 3)
        assert np.abs(frame[::2, ::2].astype(int) - screen).mean() < 8
    assert list(tmp_path.iterdir()) == [tmp_path / "a.mp4"]


@needs_chromium
def test_a_browser_plays_an_mp4(tmp_path: Path) -> None:
    with Movie(tmp_path / "a.mp4") as movie:
        for screen in _screens(60):
            movie.add(screen)
    (tmp_path / "page.html").write_text(PAGE)
    played = threading.Event()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/wait":
                # The page has not loaded, and the browser does not end, before the movie has.
                played.wait(60)
            elif self.path == "/played":
                played.set()
            super().do_GET()

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever).start()
        done = browse(f"http://127.0.0.1:{server.server_port}/page.html", tmp_path / "profile", "--dump-dom")
        server.shutdown()
    assert "<title>1 s, 640 x 448</title>" in done.stdout


PAGE = """<title>nothing</title>
<video src="a.mp4" autoplay muted onended="show(this)"></video>
<img src="wait">
<script>
function show(video) {
    document.title = `${video.duration} s, ${video.videoWidth} x ${video.videoHeight}`;
    fetch("played");
}
</script>"""


def test_a_gif_has_20_frames_a_second_in_the_games_own_colours(tmp_path: Path) -> None:
    screens = _screens(30)
    with Movie(tmp_path / "a.gif") as movie:
        for screen in screens:
            movie.add(screen)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 10  # type: ignore[attr-defined]
        assert image.info["duration"] == 50
        image.seek(5)
        assert np.array_equal(np.asarray(image.convert("RGB")), screens[15])
    assert list(tmp_path.iterdir()) == [tmp_path / "a.gif"]


def _stopped_by(error: type[BaseException], file: Path) -> None:
    with Movie(file) as movie:
        movie.add(_screens(1)[0])
        raise error


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_an_error_leaves_no_movie_and_ctrl_c_a_whole_one(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"a{suffix}"
    for error in (ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(error):
            _stopped_by(error, file)
        assert list(tmp_path.iterdir()) == ([file] if error is KeyboardInterrupt else [])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Airstriker-Genesis-v0/Level9"], "Level9"),
        (["contest-train"], "no ROM of"),
        ([LEVEL, "--record", "a.avi"], "--record a.avi: its name must end in .mp4 or .gif"),
        ([LEVEL, "--record", "/none/a.gif"], "there is no folder /none"),
        ([], "LEVEL"),
    ],
)
def test_bad_input(words: list[str], message: str, refused: Refused) -> None:
    assert message in refused("play", *words)


@pytest.mark.parametrize("display", ["", ":4711"])
def test_no_display_is_told(monkeypatch: pytest.MonkeyPatch, display: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    done = command("play", LEVEL, fork=False)
    assert done.returncode == 2
    assert done.stderr.startswith("sonic-worlds: error: play: ")
    assert done.stderr.count("\n") == 1
    assert "display" in done.stderr


def _xdotool(*words: str) -> str:
    return subprocess.run(["xdotool", *words], capture_output=True, text=True, check=False).stdout.strip()


@needs_display
def test_a_person_plays_and_records_a_movie(display: str, tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    game = subprocess.Popen([*PROGRAM, "play", LEVEL, "--record", str(file)], stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 120
        while not _xdotool("search", "--name", LEVEL):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1.0)
        _xdotool("keydown", "Left")
        time.sleep(1.5)
        _xdotool("keyup", "Left")
        _xdotool("key", "r")
        # On a busy machine the level may begin again a second late.
        time.sleep(2.5)
        _xdotool("key", "Escape")
        assert game.wait(timeout=120) == 0
    finally:
        game.kill()
    assert game.stdout
    assert f"the movie is in {file}" in game.stdout.read()
    frames, _ = _mp4(file)
    # Some 5 s; a machine that is busy shows fewer frames a second.
    assert 60 < len(frames) < 60 * 20
    ship = [_ship(frame) for frame in frames]
    # It stood still, went to the left edge, and was back in the middle when the level began again.
    middle, left = ship[10], min(ship)
    assert left < middle - 100
    # For a few frames at a time something else that is white crosses the picture.
    assert np.median(ship[-30:]) == pytest.approx(middle, abs=8)


def _ship(frame: np.ndarray) -> float:
    """Where the white ship is across a frame of Airstriker, in pixels of the movie."""
    _, across = np.nonzero((frame[290:370] > 150).all(-1))
    return float(np.median(across))
