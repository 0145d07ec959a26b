"""Palettes as the Mega Drive has them: 16 colours, 3 bits a channel; colour 0 is transparent."""

import numpy as np

from windup.tools.art.canvas import Pixels


def words(colours: str) -> list[int]:
    """16 CRAM words (0000BBB0GGG0RRR0): transparent, then up to 15 colours of three digits 0-7: red, green, blue."""
    triples = colours.split()
    if len(triples) > 15:
        raise ValueError(f"colours of a palette: {len(triples)}, allowed: at most 15")
    out = [0]
    for triple in triples:
        red, green, blue = (int(digit, 8) for digit in triple)
        out.append(blue << 9 | green << 5 | red << 1)
    return out + [0] * (16 - len(out))


def rgb(cram: list[int]) -> Pixels:
    """The words as the screen shows them; uint8 [colours, 3]."""
    return np.array([[(word >> shift & 7) * 255 // 7 for shift in (1, 5, 9)] for word in cram], dtype=np.uint8)


PLAYER = words("012 777 376 155 034 765 643 741 520 774 751 430 556 334 711")
"""Line 0, the player and the letters: outline, white, tin (3), cream (2), orange (2), brass (3), grey (2), red."""

OBJECTS = words("101 777 556 334 212 722 401 775 752 530 310 361 256 124 637")
"""Line 1, all else that is no ground: outline, white, steel (3), red (2), brass (4), green, blue (2), violet."""
