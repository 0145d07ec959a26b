import cv2
import numpy as np
import pytest

from actors.screen import resize_screen

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


@pytest.mark.parametrize("shape", SCREENS[:3])
def test_it_is_close_to_averaging(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (14, 20, 3), dtype=np.uint8)
    screen = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_NEAREST)
    averaged = cv2.resize(screen, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(_resized(screen, 64).astype(int) - averaged).mean() < 12
