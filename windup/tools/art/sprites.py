"""All that is drawn as sprites, with the point of each picture that is the object's centre."""

import math
from dataclasses import dataclass

import numpy as np

from windup.tools.art import hero
from windup.tools.art.canvas import Canvas, Pixels, grid

PLAYER_LINE, OBJECT_LINE = 0, 1
OUTLINE, WHITE = 1, 2
STEEL, RED, BRASS, GREEN, BLUE = (3, 4, 5), (6, 7), (8, 9, 10, 11), (12,), (13, 14)
VIOLET = 15
GATE_COLOURS = {"A": (6, 7), "B": (13, 14), "C": (12, 5), "D": (8, 10)}
"""Light and dark of each gate and its switch."""


@dataclass(frozen=True)
class Picture:
    """A sprite as drawn: its pixels, the pixel at the object's centre, and its palette line."""

    pixels: Pixels
    centre: tuple[int, int]
    line: int = OBJECT_LINE
    cuts: tuple[int, ...] = ()
    """Rows at which it is best cut into pieces, where not every 32."""


def emblem(letter: str) -> Pixels:
    """The sign of a gate and its switch, 8x8: circle, square, triangle, cross."""
    shapes = {
        "A": "..2222.. .222222. 22222222 22222222 22222222 22222222 .222222. ..2222..",
        "B": "22222222 22222222 22222222 22222222 22222222 22222222 22222222 22222222",
        "C": "...22... ...22... ..2222.. ..2222.. .222222. .222222. 22222222 22222222",
        "D": "22....22 222..222 .222222. ..2222.. ..2222.. .222222. 222..222 22....22",
    }
    return grid(shapes[letter].replace(" ", "\n"))


def _ring(turn: int) -> Picture:
    """A brass washer that turns about its upright axis."""
    canvas = Canvas(16, 16)
    half = (7, 5, 2, 5)[turn]
    if half > 2:
        canvas.ring(8, 8, half, 7, 2.8 if half > 5 else 2.4, BRASS[:3])
        canvas.outline(11)
    else:
        canvas.capsule(8, 2.5, 8, 13.5, 1.6, BRASS[:3])
        canvas.outline(11)
    return Picture(canvas.pixels[:, ::-1].copy() if turn == 3 else canvas.pixels, (8, 8))


def _spring(strong: bool, used: bool) -> Picture:
    """A coil with a plate on top: red throws high, yellow throws low."""
    canvas = Canvas(24, 24)
    top = 4 if used else 12
    plate = RED if strong else (8, 10)
    for turn in range(3):
        y = top + 4 + (17 - top) * turn / 3
        canvas.capsule(7, y + 1, 17, y + 2.5, 1.1, (2, 3, 4))
    canvas.rect(5, 21, 14, 3, 4)
    canvas.rect(5, 21, 14, 1, 3)
    canvas.rect(2, top, 20, 4, plate[1])
    canvas.rect(2, top, 20, 2, plate[0])
    canvas.rect(4, top, 8, 1, WHITE)
    canvas.outline(OUTLINE)
    canvas.pixels[top - 1, [0, 1, 22, 23]] = 0
    return Picture(canvas.pixels, (12, 16))


def _side_spring(used: bool) -> Picture:
    """Throws to the right; its foot is a wall bracket that stands on the ground."""
    up = _spring(False, used).pixels
    return Picture(np.rot90(up, -1).copy(), (8, 16))


def _walker(step: int) -> Picture:
    """A tin beetle: red shell with dots, brass feet."""
    canvas = Canvas(24, 24)
    for foot, x in enumerate((6, 12, 18)):
        lift = 1.5 if (foot + step) % 2 else 0
        canvas.capsule(x, 18, x + (1 if lift else -1), 22 - lift, 1.2, (10,))
    canvas.ellipse(19, 16, 4, 4.2, (3, 4))
    canvas.ellipse(11, 15, 9, 8.5, (6, 6, 7))
    canvas.rect(0, 19.5, 24, 1.2, 5)
    canvas.pixels[19, :2] = 0
    for x, y, r in ((7, 12, 1.7), (13, 10.5, 1.9), (10, 16.5, 1.6), (16, 15, 1.4)):
        canvas.ellipse(x, y, r, r, (OUTLINE,))
    canvas.ellipse(20.5, 15, 1.6, 2, (WHITE,))
    canvas.rect(20, 14.5, 1.2, 2, OUTLINE)
    canvas.line(20, 11, 22, 7 + step, 10)
    canvas.outline(OUTLINE)
    canvas.ellipse(8, 9.5, 1.6, 1, (WHITE,))
    return Picture(canvas.pixels, (12, 16))


def _flyer(step: int) -> Picture:
    """A moth folded from paper, as wide as the room that it takes."""
    canvas = Canvas(32, 24)
    for side in (-1, 1):
        if step == 0:
            wing = [(1, 13), (4, 8), (15, 1), (15, 8), (11, 14), (4, 17)]
            fold = [(2, 14), (15, 8), (11, 14), (4, 17)]
        else:
            wing = [(1, 10), (5, 9), (14, 13), (15, 21), (9, 18), (3, 16)]
            fold = [(2, 12), (14, 13), (15, 21)]
        canvas.polygon([(16 + side * x, y) for x, y in wing], WHITE)
        canvas.polygon([(16 + side * x, y) for x, y in fold], 3)
        canvas.ellipse(16 + side * 10.5, 8.5 if step == 0 else 14.5, 1.7, 1.7, (VIOLET,))
    canvas.ellipse(16, 13, 4, 5.6, (15, 15, 14))
    for side in (-1, 1):
        canvas.ellipse(16 + side * 1.9, 11.5, 1.5, 2, (WHITE,))
        canvas.rect(15.6 + side * 1.7, 11, 1, 1.6, OUTLINE)
        canvas.line(16 + side * 2 - (side < 0), 7, 16 + side * 4 - (side < 0), 4, VIOLET)
    canvas.outline(OUTLINE)
    return Picture(canvas.pixels, (16, 12))


def _hopper(in_air: bool) -> Picture:
    """A jester in a box, on a spring."""
    canvas = Canvas(24, 44)
    head = 12 if in_air else 21
    for turn in range(3):
        y = head + 6 + (34 - head - 6) * turn / 3
        canvas.capsule(9, y, 15, y + 1.2, 1, (2, 3))
    canvas.ellipse(12, head, 6, 6, (8, 8, 9))
    hat = [(6, -3), (2, -9), (9, -6), (12, -10), (15, -6), (22, -9), (18, -3)]
    canvas.polygon([(x, head + y) for x, y in hat], VIOLET)
    for x, y in ((2.0, -8.0), (12.0, -9.5), (22.0, -8.0)):
        canvas.ellipse(x, head + y, 1.5, 1.5, (8,))
    canvas.rect(9, head - 1, 2, 3, OUTLINE)
    canvas.rect(14, head - 1, 2, 3, OUTLINE)
    canvas.rect(10, head + 3, 5, 1, 6)
    canvas.rect(4, 29, 16, 14, 13)
    canvas.rect(4, 29, 16, 2, 3)
    canvas.rect(17, 31, 3, 12, 14)
    canvas.rect(4, 41, 16, 2, 14)
    canvas.polygon([(11, 32), (15, 36), (11, 40), (7, 36)], 8)
    canvas.outline(OUTLINE)
    return Picture(canvas.pixels, (12, 35), cuts=(28,))


def _platform() -> Picture:
    """A wooden ruler on brass corners."""
    canvas = Canvas(48, 16)
    canvas.rect(0, 0, 48, 10, 9)
    canvas.rect(1, 1, 46, 2, 8)
    canvas.rect(1, 7, 46, 2, 10)
    canvas.rect(0, 9, 48, 1, OUTLINE)
    canvas.rect(0, 0, 48, 1, WHITE)
    for x in range(6, 44, 4):
        canvas.rect(x, 3, 1, 4 if x % 3 == 0 else 2, 11)
    for x in (0, 41):
        canvas.rect(x, 0, 7, 12, 4)
        canvas.rect(x, 0, 7, 1, WHITE)
        canvas.rect(x + 1, 1, 5, 9, 3)
        canvas.ellipse(x + 3.5, 5.5, 1.6, 1.6, (5,))
        canvas.rect(x, 11, 7, 1, OUTLINE)
    canvas.pixels[0:12, 0] = canvas.pixels[0:12, 47] = OUTLINE
    return Picture(canvas.pixels, (24, 8))


def _crusher() -> Picture:
    """A flat iron weight with hazard stripes and teeth below."""
    canvas = Canvas(32, 32)
    canvas.rect(1, 1, 30, 24, 4)
    canvas.rect(2, 2, 28, 2, 2)
    canvas.rect(2, 4, 2, 20, 3)
    canvas.rect(27, 4, 3, 20, 5)
    for x in range(-8, 40, 10):
        stripe = Canvas(32, 32)
        stripe.polygon([(x, 23), (x + 5, 23), (x + 11, 15), (x + 6, 15)], 8)
        canvas.paint((stripe.pixels > 0) & (np.arange(32) > 1) & (np.arange(32) < 30), 8)
    canvas.rect(1, 23, 30, 2, 5)
    canvas.rect(2, 14, 28, 1, 5)
    for x in range(1, 31, 6):
        canvas.polygon([(x, 24.5), (x + 6, 24.5), (x + 3, 31.5)], 3)
        canvas.polygon([(x + 3, 24.5), (x + 6, 24.5), (x + 3, 31.5)], 5)
    for rivet in (6.5, 25.5):
        canvas.ellipse(rivet, 8.5, 2.2, 2.2, (2, 3, 5))
    canvas.ellipse(16, 8.5, 3.5, 3.5, (6, 6, 7))
    canvas.outline(OUTLINE)
    canvas.pixels[[0, 0, 31], [0, 31, 0]] = 0
    return Picture(canvas.pixels, (16, 16))


def _chain() -> Picture:
    canvas = Canvas(8, 16)
    canvas.ring(4, 4, 2.6, 4.4, 1.2, (3, 4, 5))
    canvas.capsule(4, 9, 4, 14.5, 1, (3, 4))
    canvas.outline(OUTLINE)
    return Picture(canvas.pixels, (4, 8))


def _tube(up: bool) -> Picture:
    """A brass cannon; its mouth shows where it shoots."""
    canvas = Canvas(40, 40)
    canvas.ellipse(17 if not up else 20, 24, 11, 10.5, BRASS)
    mouth = (20.0, 8.0) if up else (29.0, 13.0)
    base = (20.0, 23.0) if up else (17.0, 25.0)
    canvas.capsule(*base, *mouth, 8.2, BRASS)
    along = math.atan2(mouth[1] - base[1], mouth[0] - base[0])
    canvas.ellipse(*mouth, 9.2 if up else 7.4, 5 if up else 7.4, (8, 9, 10))
    canvas.ellipse(*mouth, 6.6 if up else 5, 3 if up else 5, (5,))
    canvas.ellipse(mouth[0] + math.cos(along), mouth[1] + 1, 5 if up else 3.8, 1.8 if up else 3.6, (OUTLINE,))
    canvas.rect(7 if up else 5, 32, 26, 6, 6)
    canvas.rect(7 if up else 5, 32, 26, 2, 6)
    canvas.rect(7 if up else 5, 36, 26, 2, 7)
    canvas.polygon([(20, 20), (24, 26), (16, 26)] if up else [(22, 19), (22, 27), (14, 19)], WHITE)
    canvas.outline(OUTLINE)
    return Picture(canvas.pixels[:38], (20, 29))


def _switch(letter: str, down: bool) -> Picture:
    """A button in its gate's colour on a steel foot."""
    canvas = Canvas(24, 16)
    light, dark = GATE_COLOURS[letter]
    if not down:
        canvas.rect(6, 3, 12, 9, dark)
        canvas.rect(6, 3, 12, 5, light)
        canvas.rect(7, 3, 6, 1, WHITE)
    else:
        canvas.rect(6, 9, 12, 3, dark)
    canvas.rect(3, 11, 18, 4, 4)
    canvas.rect(3, 11, 18, 1, 3)
    canvas.outline(OUTLINE)
    return Picture(canvas.pixels, (12, 8))


def _goal(turn: int) -> Picture:
    """The great golden key that winds the world up, turning on its stand."""
    canvas = Canvas(48, 72)
    wide = (1.0, 0.72, 0.16, 0.72)[turn]
    canvas.rect(8, 62, 32, 8, 6)
    canvas.rect(8, 62, 32, 2, 8)
    canvas.rect(8, 68, 32, 2, 7)
    canvas.rect(14, 57, 20, 5, 6)
    canvas.rect(14, 57, 20, 2, 8)
    canvas.capsule(24, 26, 24, 56, 3.6, BRASS)
    for y in (44, 50):
        canvas.capsule(20.5, y, 27.5, y, 1.4, BRASS[:2])
    for side in (-1, 1):
        canvas.ring(24 + side * 10.5 * wide, 15, max(11.5 * wide, 3.5), 12, 5.2, BRASS)
    canvas.ellipse(24, 20, 4.6 * max(wide, 0.7), 6, BRASS)
    canvas.outline(OUTLINE)
    if turn == 3:
        canvas.pixels[:57] = canvas.pixels[:57, ::-1]
    return Picture(canvas.pixels, (24, 62), cuts=(31, 56))


def _poof(step: int) -> Picture:
    """A star that bursts."""
    canvas = Canvas(24, 24)
    for spoke in range(8):
        way = spoke * math.pi / 4 + step * math.pi / 8
        near, far = (1.0, 7.0 + 3 * (spoke % 2)) if step == 0 else (7.0, 9.0)
        canvas.capsule(
            12 + near * math.cos(way),
            12 + near * math.sin(way),
            12 + far * math.cos(way),
            12 + far * math.sin(way),
            1.3,
            (8,),
        )
    if step == 0:
        canvas.ellipse(12, 12, 5, 5, (2,))
    return Picture(canvas.pixels, (12, 12))


def _player(pose: hero.Pose) -> Picture:
    return Picture(hero.picture(pose), (20, 25), PLAYER_LINE)


def pictures() -> dict[str, Picture]:
    """Every frame by its name (SPRITE_ + it in C), in the order of the C enum."""
    out = {"PLAYER_STAND": _player(hero.STAND)}
    out |= {f"PLAYER_RUN{n}": _player(pose) for n, pose in enumerate(hero.RUN)}
    out |= {f"PLAYER_BALL{n}": Picture(hero.ball(n), (16, 16), PLAYER_LINE) for n in range(4)}
    out |= {f"PLAYER_PUSH{n}": _player(pose) for n, pose in enumerate(hero.PUSH)}
    out |= {"PLAYER_SKID": _player(hero.SKID), "PLAYER_HURT": _player(hero.HURT)}
    out |= {"PLAYER_DEAD": _player(hero.DEAD), "PLAYER_WIN": _player(hero.WIN)}
    out |= {f"RING{n}": _ring(n) for n in range(4)}
    for strong, name in ((False, "SPRING_UP"), (True, "SPRING_STRONG")):
        out |= {name: _spring(strong, False), f"{name}_USED": _spring(strong, True)}
    for used, suffix in ((False, ""), (True, "_USED")):
        right = _side_spring(used)
        left = Picture(right.pixels[:, ::-1].copy(), (right.pixels.shape[1] - right.centre[0], right.centre[1]))
        out |= {f"SPRING_LEFT{suffix}": left, f"SPRING_RIGHT{suffix}": right}
    out |= {f"WALKER{n}": _walker(n) for n in range(2)}
    out |= {f"FLYER{n}": _flyer(n) for n in range(2)}
    out |= {f"HOPPER{n}": _hopper(bool(n)) for n in range(2)}
    out |= {f"POOF{n}": _poof(n) for n in range(2)}
    out |= {"PLATFORM": _platform(), "CRUSHER": _crusher(), "CHAIN": _chain()}
    out |= {"TUBE_RIGHT": _tube(False), "TUBE_UP": _tube(True)}
    out |= {f"SWITCH_{letter}": _switch(letter, False) for letter in "ABCD"}
    out |= {f"SWITCH_{letter}_DOWN": _switch(letter, True) for letter in "ABCD"}
    out |= {f"GOAL{n}": _goal(n) for n in range(4)}
    return out
