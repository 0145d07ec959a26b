"""Perfect eyes: the content of the console's screen and its last frames as one float32 vector [EYES].

`windup/native/eyes.c` writes it; here are its names. In order:

- Blocks, float32 [6 planes, 15 rows, 21 columns] in C order, around the block that the player's centre is in, which is
  at row 7 and column 10. Row 0 is the highest. Air, and what is out of the screen or the level, is 0 in all planes.
    height   of its ground: 1 full, a slope's at its middle
    slope    of its ground: -1 rises 45 degrees to the right, 0 flat, 1 falls
    wall     1: stops what comes from the side or from below (a one-way platform has height 1 and wall 0)
    hurts    1: spikes
    carries  a belt, to the right (1) or left (-1)
    opens    1: a wall that can be broken; -1: a gate that is closed. Once open, both are air.
- The player: PLAYER. `block_x` and `block_y`: the centre's place in its block, 0 to 1. `screen_x` and `screen_y`: from
  the screen's middle, in 160 px, which tells where the screen ends. `vx`, `vy` and `speed` (along the ground): in 20 px
  a frame. `slope`: that of the ground, as above. `facing`: 1 right, -1 left. `jump_held`: a jump button is, in the last
  frame. `tube`, `stun`, `safe`: what is left of 24, 30 and 120 frames. `some_rings`: any at all, which is whether a hit
  is survived. `rings`: of 50. `lives`: of 3. Flags are 0 or 1.
- Objects whose centre is on the screen: for each of OBJECTS a number of slots, the nearest object first, all 0 where
  there is none. `there`: 1. `dx`, `dy`: from the player's centre to the object's, in 160 px, +y down. `dvx`, `dvy`: its
  speed less the player's, in 20 px a frame. `throw_x`, `throw_y`: the speed that a spring or tube gives, in 20 px a
  frame. `used`: a switch is pressed, a spring or tube has just thrown. Destroyed enemies and taken rings are not there.

Distances are clipped to -2..2; all other numbers are, or are clipped to, -1..1. The vector has neither the player's
place in the level nor anything out of sight, with two exceptions: opened gates, and the player's own state where the
player has left the screen.
"""

import numpy as np
import numpy.typing as npt

PLANES = ("height", "slope", "wall", "hurts", "carries", "opens")
ROWS, COLUMNS = 15, 21
ROW, COLUMN = ROWS // 2, COLUMNS // 2
"""Place of the player's block in the map."""

PLAYER = (
    *("block_x", "block_y", "screen_x", "screen_y", "vx", "vy", "speed", "slope"),
    *("on_ground", "ball", "jumping", "facing", "pushing", "on_platform", "jump_held"),
    *("tube", "stun", "safe", "some_rings", "rings", "lives", "playing", "dying", "game_over", "won"),
    *("open_a", "open_b", "open_c", "open_d"),
)

_PLACE = ("there", "dx", "dy")
_THROWS = (*_PLACE, "throw_x", "throw_y", "used")
OBJECTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "ring": (4, _PLACE),
    "spring": (2, _THROWS),
    "enemy": (3, (*_PLACE, "dvx", "dvy", "walker", "flyer", "hopper")),
    "platform": (2, (*_PLACE, "dvx", "dvy")),
    "crusher": (2, (*_PLACE, "dvy")),
    "tube": (1, _THROWS),
    "switch": (2, (*_PLACE, "used", "a", "b", "c", "d")),
    "goal": (1, _PLACE),
}
"""Slots, and the numbers of each. In recorded and random plays of the 58 levels only rings and crushers exceed them."""

NAMES: tuple[str, ...] = (
    *(f"{plane}[{y - ROW:+},{x - COLUMN:+}]" for plane in PLANES for y in range(ROWS) for x in range(COLUMNS)),
    *PLAYER,
    *(f"{kind}{slot}.{name}" for kind, (slots, names) in OBJECTS.items() for slot in range(slots) for name in names),
)
"""Name of each number: `wall[-1,+3]` is one row above the player's block and three columns to its right."""

EYES = len(NAMES)


def planes(vector: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
    """Returns the blocks in float32 [..., EYES], as views [..., ROWS, COLUMNS] by plane."""
    cells = ROWS * COLUMNS
    shape = (*vector.shape[:-1], ROWS, COLUMNS)
    return {name: vector[..., i * cells : (i + 1) * cells].reshape(shape) for i, name in enumerate(PLANES)}
