import cv2
import numpy as np
import pytest

from actors.emulation.screen import resize_screen

SCREENS = [(224, 320), (240, 256), (192, 256), (100, 131)]


def _resized(screen: np.ndarray, size: int) -> np.ndarray:
    out = np.zeros((size, size, 3), np.uint8)
    resize_screen(screen, out)
    return out


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("shape", SCREENS)
def test_a_flat_colour_stays_what_it_is(shape: tuple[int, int], size: int) -> None:
    screen = np.full((*shape, 3), (10, 120, 250), np.uint8)
    assert (_resized(screen, size) == (10, 120, 250)).all()


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("shape", SCREENS)
def test_up_stays_up_and_left_stays_left(shape: tuple[int, int], size: int) -> None:
    screen = np.zeros((*shape, 3), np.uint8)
    screen[: shape[0] // 2, : shape[1] // 2, 0] = 255
    out = _resized(screen, size)
    assert out[2, 2].tolist() == [255, 0, 0]
    assert not out[-3, 2].any()
    assert not out[2, -3].any()


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("shape", SCREENS[:3])
def test_it_is_close_to_averaging(shape: tuple[int, int], size: int) -> None:
    rng = np.random.default_rng(0)
    # Blocks of 16 x 16 pixels: as coarse as a game's tiles.
    coarse = rng.integers(0, 256, (shape[0] // 16, shape[1] // 16, 3), dtype=np.uint8)
    screen = coarse.repeat(16, 0).repeat(16, 1)
    averaged = cv2.resize(screen, (size, size), interpolation=cv2.INTER_AREA)
    assert np.abs(_resized(screen, size).astype(int) - averaged).mean() < 8
    assert np.abs(np.roll(_resized(screen, size), 1, 1).astype(int) - averaged).mean() > 8


@pytest.mark.parametrize("size", [64, 128])
def test_a_screen_without_its_borders_need_not_lie_in_one_piece(size: int) -> None:
    screen = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    cropped = screen[8:232, 32:288]
    assert not cropped.flags.c_contiguous
    assert np.array_equal(_resized(cropped, size), _resized(cropped.copy(), size))


def test_it_writes_into_the_frame_it_is_given_and_nowhere_else() -> None:
    frames = np.zeros((3, 64, 64, 3), np.uint8)
    resize_screen(np.full((224, 320, 3), 9, np.uint8), frames[1])
    assert frames.any((1, 2, 3)).tolist() == [False, True, False]
    assert (frames[1] == 9).all()
