"""The hero: a tin diver with a brass key in its back, built of shaded solids: one drawing for every pose and size."""

import math
from dataclasses import dataclass

from windup.tools.art.canvas import Canvas, Pixels

OUTLINE, WHITE, RED = 1, 2, 15
TIN, CREAM, ORANGE, BRASS, GREY = (3, 4, 5), (2, 6, 7), (8, 8, 9), (10, 11, 12), (13, 14)


@dataclass(frozen=True)
class Pose:
    """Offsets of the parts, in px, from their places when it stands; `far` is the side away from the viewer."""

    near_foot: tuple[float, float] = (-2.5, 0)
    far_foot: tuple[float, float] = (3.5, 0)
    near_hand: tuple[float, float] = (1, 7)
    far_hand: tuple[float, float] = (7, 6)
    lean: float = 0
    bob: float = 0
    key: float = 0
    eyes: str = "open"


STAND = Pose()
RUN = [
    Pose((8, -2), (-8, -5), (-6, 5), (9, 3), 2.5, 0, 0.5),
    Pose((3, 0), (-3, -7), (-2, 7), (6, 5), 2.5, 1, 0),
    Pose((-8, -5), (8, -2), (7, 4), (-3, 4), 2.5, 0, 0.5),
    Pose((-3, -7), (3, 0), (3, 7), (2, 6), 2.5, 1, 0),
]
PUSH = [
    Pose((-8, 0), (2, -1), (9, -1), (10, 2), 3.5, 1, 0, "shut"),
    Pose((-4, -1), (-2, 0), (9, 0), (10, 3), 3.5, 2, 0.5, "shut"),
]
SKID = Pose((6, 0), (10, -1), (-7, -3), (4, -4), -3, 2, 0, "wide")
HURT = Pose((7, -6), (9, -2), (-8, -4), (8, -5), -2, 0, 0.5, "shut")
DEAD = Pose((-5, -1), (7, -1), (-8, -6), (10, -6), 0, 0, 0, "cross")
WIN = Pose((-3, 0), (4, 0), (1, 7), (10, -15), 0, 0, 0.5, "happy")


def draw(canvas: Canvas, pose: Pose, x: float, y: float, scale: float = 1) -> None:
    """Draws it facing right, with its centre (21 px below the top of its head, 19 above its soles) at (x, y)."""

    def solid(cx: float, cy: float, rx: float, ry: float, ramp: tuple[int, ...]) -> None:
        canvas.ellipse(x + cx * scale, y + cy * scale, rx * scale, ry * scale, ramp)

    def rod(x0: float, y0: float, x1: float, y1: float, radius: float, ramp: tuple[int, ...]) -> None:
        canvas.capsule(x + x0 * scale, y + y0 * scale, x + x1 * scale, y + y1 * scale, radius * scale, ramp)

    def leg(foot: tuple[float, float], hip: float, far: bool) -> None:
        fx, fy = foot[0], 16.5 + foot[1]
        rod(hip, 10 + pose.bob, fx, fy - 2, 2.2, (4, 5) if far else TIN)
        rod(fx - 1, fy + 0.2, fx + 3.2, fy + 0.4, 2.4, (9,) if far else ORANGE)

    lean, bob = pose.lean, pose.bob
    rod(lean * 0.6, 2 + bob, pose.far_hand[0] + lean * 0.4, pose.far_hand[1] + bob, 1.8, (4, 5))
    solid(pose.far_hand[0] + lean * 0.4 + 1, pose.far_hand[1] + bob, 2.4, 2.4, (7,))
    leg(pose.far_foot, 2, True)
    # The key turns about its shaft: seen from the side its wings grow and shrink.
    wing = 2.2 + 2.6 * abs(math.cos(pose.key * math.pi))
    rod(-6 + lean * 0.3, 4 + bob, -10 + lean * 0.3, 4 + bob, 1.2, BRASS)
    for side in (-1, 1):
        canvas.ring(
            x + (-11.2 + lean * 0.3) * scale,
            y + (4 + side * wing * 0.85 + bob) * scale,
            2.6 * scale,
            wing * scale,
            1.7 * scale,
            BRASS,
        )
    leg(pose.near_foot, -2, False)
    solid(0 + lean * 0.3, 5 + bob, 7.4, 7.6, TIN)
    rod(-6 + lean * 0.3, 8.5 + bob, 6 + lean * 0.3, 8.5 + bob, 1.3, ORANGE)
    head_x, head_y = 1 + lean, -8.5 + bob
    solid(head_x, head_y, 10, 9.6, TIN)
    rod(head_x - 7.5, head_y + 8, head_x + 7, head_y + 8, 1.5, ORANGE)
    rod(head_x - 1, head_y - 8.5, head_x - 1, head_y - 9, 1.6, (RED,))
    solid(head_x + 3.6, head_y + 0.3, 6.6, 6.2, (12,))
    solid(head_x + 3.8, head_y + 0.3, 5.7, 5.3, CREAM)
    _eyes(canvas, pose.eyes, x + (head_x + 4.4) * scale, y + (head_y - 0.6) * scale, scale)
    rod(-1 + lean * 0.4, 3 + bob, pose.near_hand[0] + lean * 0.4, pose.near_hand[1] + bob, 2.1, TIN)
    solid(pose.near_hand[0] + lean * 0.4 + 0.6, pose.near_hand[1] + bob + 0.6, 2.7, 2.7, CREAM)


def _eyes(canvas: Canvas, eyes: str, x: float, y: float, scale: float) -> None:
    for side in (-2.3, 2.3):
        cx = x + side * scale
        if eyes == "open":
            canvas.ellipse(cx, y, 1.15 * scale, 2.3 * scale, (OUTLINE,))
            if scale > 2:
                canvas.ellipse(cx - 0.3 * scale, y - scale, 0.45 * scale, 0.6 * scale, (WHITE,))
        elif eyes == "wide":
            canvas.ellipse(cx, y, 1.6 * scale, 2.6 * scale, (OUTLINE,))
            canvas.ellipse(cx, y - 0.6 * scale, 0.8 * scale, 1 * scale, (WHITE,))
        elif eyes == "shut":
            canvas.capsule(cx - scale, y, cx + scale, y, 0.7 * scale, (OUTLINE,))
        elif eyes == "happy":
            canvas.line(cx - 1.5 * scale, y + scale, cx, y - scale, OUTLINE)
            canvas.line(cx, y - scale, cx + 1.5 * scale, y + scale, OUTLINE)
        else:
            canvas.line(cx - 1.5, y - 1.5, cx + 1, y + 1.5, OUTLINE)
            canvas.line(cx + 1, y - 1.5, cx - 1.5, y + 1.5, OUTLINE)


def picture(pose: Pose) -> Pixels:
    """Draws a pose in 40x48 px, with an outline and its centre at (20, 25)."""
    canvas = Canvas(40, 48)
    draw(canvas, pose, 20, 25)
    canvas.outline(OUTLINE)
    canvas.pixels[44:] = 0  # The soles stand on the ground without a line below.
    return canvas.pixels


def ball(turn: int) -> Pixels:
    """Rolled up, after `turn` quarter turns, 32x32 px: the shell stays lit from above, what is on it goes round."""
    canvas = Canvas(32, 32)
    angle = turn * math.pi / 2

    def at(distance: float, degrees: float) -> tuple[float, float]:
        way = angle + math.radians(degrees)
        return 16 + distance * math.cos(way), 16 + distance * math.sin(way)

    canvas.ellipse(16, 16, 13, 13, TIN)
    x, y = at(5.5, -70)
    canvas.ellipse(x, y, 5.6, 5.6, (12,))
    canvas.ellipse(x, y, 4.6, 4.6, CREAM)
    for side in (-95, -45):
        ex, ey = at(6, side)
        canvas.ellipse(ex, ey, 1.2, 1.2, (OUTLINE,))
    x0, y0 = at(8.5, 40)
    x1, y1 = at(9, 85)
    canvas.capsule(x0, y0, x1, y1, 2.6, ORANGE)
    x0, y0 = at(4, 180)
    x1, y1 = at(9, 180)
    canvas.capsule(x0, y0, x1, y1, 1.2, BRASS)
    for side in (-22, 22):
        kx, ky = at(10, 180 + side)
        canvas.ring(kx, ky, 3, 3, 1.6, BRASS)
    canvas.outline(OUTLINE)
    canvas.pixels[:1] = 0
    return canvas.pixels
