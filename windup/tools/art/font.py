"""The letters: ASCII 32 to 95, drawn for this game, with a shadow so that they can be read on anything."""

import numpy as np

from windup.tools.art.canvas import Canvas, Pixels

INK, SHADE = 2, 1
FIRST, LAST = 32, 95

# Seven rows from the top, each an octal number of two digits: five pixels.
_ROWS = """
  00 00 00 00 00 00 00 | ! 04 04 04 04 00 04 00 | " 12 12 00 00 00 00 00 | # 12 37 12 12 37 12 00
$ 04 17 24 16 05 36 04 | % 31 32 04 04 13 23 00 | & 14 22 14 25 22 15 00 | ' 04 04 10 00 00 00 00
( 02 04 04 04 04 02 00 | ) 10 04 04 04 04 10 00 | * 25 16 37 16 25 00 00 | + 00 04 04 37 04 04 00
, 00 00 00 00 04 04 10 | - 00 00 00 37 00 00 00 | . 00 00 00 00 00 06 06 | / 01 02 02 04 10 10 20
0 16 21 23 25 31 21 16 | 1 04 14 04 04 04 04 16 | 2 16 21 01 06 10 20 37 | 3 16 21 01 06 01 21 16
4 02 06 12 22 37 02 02 | 5 37 20 36 01 01 21 16 | 6 16 20 36 21 21 21 16 | 7 37 01 02 04 04 10 10
8 16 21 21 16 21 21 16 | 9 16 21 21 17 01 01 16 | : 00 06 06 00 06 06 00 | ; 00 06 06 00 06 06 04
< 02 04 10 20 10 04 02 | = 00 00 37 00 37 00 00 | > 10 04 02 01 02 04 10 | ? 16 21 01 06 04 00 04
@ 16 21 27 25 27 20 16 | A 04 12 21 21 37 21 21 | B 36 21 21 36 21 21 36 | C 16 21 20 20 20 21 16
D 34 22 21 21 21 22 34 | E 37 20 20 36 20 20 37 | F 37 20 20 36 20 20 20 | G 16 21 20 27 21 21 17
H 21 21 21 37 21 21 21 | I 16 04 04 04 04 04 16 | J 07 02 02 02 02 22 14 | K 21 22 24 30 24 22 21
L 20 20 20 20 20 20 37 | M 21 33 25 25 21 21 21 | N 21 31 31 25 23 23 21 | O 16 21 21 21 21 21 16
P 36 21 21 36 20 20 20 | Q 16 21 21 21 25 22 15 | R 36 21 21 36 24 22 21 | S 17 20 20 16 01 01 36
T 37 04 04 04 04 04 04 | U 21 21 21 21 21 21 16 | V 21 21 21 12 12 04 04 | W 21 21 21 25 25 33 21
X 21 12 12 04 12 12 21 | Y 21 21 12 12 04 04 04 | Z 37 01 02 04 10 20 37 | [ 16 10 10 10 10 10 16
\\ 20 10 10 04 02 02 01 | ] 16 02 02 02 02 02 16 | ^ 04 12 21 00 00 00 00 | _ 00 00 00 00 00 00 37
"""


def _glyphs() -> dict[str, Pixels]:
    out = {}
    for entry in _ROWS.strip("\n").replace("\n", " | ").split(" | "):
        name, rows = entry[:1], entry[1:].split()
        out[name] = np.array([[int(row, 8) >> 4 - x & 1 for x in range(5)] for row in rows], dtype=np.uint8)
    return out


GLYPHS = _glyphs()
"""The bare letters; uint8 [7, 5], 0 or 1."""


def tiles() -> list[Pixels]:
    """64 tiles of 8x8: letters two pixels bold, outlined to the right and below."""
    out = []
    for code in range(FIRST, LAST + 1):
        canvas = Canvas(8, 8)
        bold = np.zeros((8, 8), dtype=bool)
        glyph = GLYPHS[chr(code)].astype(bool)
        bold[:7, :5] = glyph
        bold[:7, 1:6] |= glyph
        shadow = np.zeros_like(bold)
        shadow[1:, :] |= bold[:-1]
        shadow[:, 1:] |= bold[:, :-1]
        shadow[1:, 1:] |= bold[:-1, :-1]
        canvas.paint(shadow, SHADE)
        canvas.paint(bold, INK)
        out.append(canvas.pixels)
    return out


def write(canvas: Canvas, x: int, y: int, text: str, colour: int, scale: int = 1) -> None:
    """Writes bare letters with their top left at (x, y), `scale` px for each of their pixels."""
    for place, letter in enumerate(text):
        big = np.kron(GLYPHS[letter], np.ones((scale, scale), dtype=np.uint8)).astype(np.uint8) * np.uint8(colour)
        canvas.paste(x + place * 6 * scale, y, big)
