"""The art as C: the same each time, compiled by both compilers, within the console's limits, and as it was drawn."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from windup.tools.art import palette, sprites, terrain
from windup.tools.art.canvas import Canvas, grid
from windup.tools.art.sheet import Sheet
from windup.tools.art.tiles import HORIZONTAL, VERTICAL, TileSet, tile_words
from windup.tools.art.zones import MAX_TILES, NAMES, zone
from windup.tools.assets import MAX_SPRITE_TILES, SPRITE_TILE_BASE, ZONE_TILE_BASE, write_assets

ZONES = range(len(NAMES))
FIRST_TABLE_TILE = 0xB000 // 32
"""VRAM_WINDOW of src/vdp.h: where the tables begin."""


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        subprocess.run([sys.executable, "-m", "windup.tools.assets", tmp_path / name], check=True)
    for file in ("assets.h", "assets.c"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize("compiler", ["cc", "m68k-linux-gnu-gcc"])
def test_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    write_assets(tmp_path)
    command = [compiler, "-Wall", "-Wextra", "-Werror", "-c", tmp_path / "assets.c", "-o", tmp_path / "assets.o"]
    subprocess.run(command, check=True)


def test_there_is_room_in_video_memory() -> None:
    assert max(len(zone(number).tiles.tiles) for number in ZONES) <= MAX_TILES
    assert ZONE_TILE_BASE + MAX_TILES <= SPRITE_TILE_BASE
    assert SPRITE_TILE_BASE + MAX_SPRITE_TILES <= FIRST_TABLE_TILE


@pytest.mark.parametrize("number", ZONES)
def test_entries_of_a_zone_show_what_was_drawn(number: int) -> None:
    seen = zone(number)
    assert list(seen.blocks) == terrain.LOOKS
    assert seen.blocks["AIR"] == [0, 0, 0, 0]
    fixtures = terrain.fixtures()
    for name, picture in fixtures.items():
        shown = seen.tiles.picture(seen.blocks[name], 2)
        assert np.array_equal(shown, np.where(picture, picture + 16 * terrain.FIXTURE_LINE, 0)), name
    assert len(seen.background) == 32 * 64
    assert len(seen.speeds) == 32
    assert np.all(seen.tiles.picture(seen.background, 64) > 48), "the background has no holes, in line 3"


@pytest.mark.parametrize("number", ZONES)
def test_slopes_are_solid_exactly_below_their_surface(number: int) -> None:
    """Heights as the README gives them: what is seen is what is stood on."""
    heights = {
        "RISE": [x + 1 for x in range(16)],
        "FALL": [16 - x for x in range(16)],
        "RISE_LOW": [x // 2 + 1 for x in range(16)],
        "RISE_HIGH": [x // 2 + 9 for x in range(16)],
        "FALL_HIGH": [16 - x // 2 for x in range(16)],
        "FALL_LOW": [8 - x // 2 for x in range(16)],
    }
    seen = zone(number)
    for name, expected in heights.items():
        shown = seen.tiles.picture(seen.blocks[name], 2) > 0
        assert [int(column.sum()) for column in shown.T] == expected, name


@pytest.mark.parametrize("number", ZONES)
def test_ground_can_be_told_from_what_is_behind_it(number: int) -> None:
    """The mean colour of the ground's uppermost 2 rows is far from the mean of the background."""
    seen = zone(number)
    cram = palette.rgb([0] * 32 + seen.palettes).astype(float)
    edge = seen.tiles.picture(seen.blocks["SOLID1"], 2)[:2]
    behind = seen.tiles.picture(seen.background, 64)
    distance = np.linalg.norm(cram[edge[edge > 0]].mean(axis=0) - cram[behind].mean(axis=(0, 1)))
    assert distance > 50


def test_zones_look_different() -> None:
    """No two zones share their ground's or their background's mean colour."""
    means = []
    for number in ZONES:
        seen = zone(number)
        cram = palette.rgb([0] * 32 + seen.palettes).astype(float)
        inner = seen.tiles.picture(seen.blocks["SOLID_INNER0"], 2)
        means.append(
            np.concatenate(
                [cram[inner].mean(axis=(0, 1)), cram[seen.tiles.picture(seen.background, 64)].mean(axis=(0, 1))]
            )
        )
    apart = [np.linalg.norm(a - b) for n, a in enumerate(means) for b in means[n + 1 :]]
    assert min(apart) > 40


def test_pieces_put_together_are_the_picture() -> None:
    sheet = Sheet()
    for name, picture in sprites.pictures().items():
        pieces = sheet.cut(picture)
        shown = np.zeros((128, 128), dtype=np.uint8)
        for piece in pieces:
            first = piece.attributes & 0x7FF
            columns = [
                np.concatenate([sheet.tiles[first + x * piece.rows + y] for y in range(piece.rows)])
                for x in range(piece.columns)
            ]
            part = np.concatenate(columns, axis=1)
            part = part[:, ::-1] if piece.attributes & HORIZONTAL else part
            place = shown[64 + piece.dy :, 64 + piece.dx :][: part.shape[0], : part.shape[1]]
            place |= part
            assert piece.attributes >> 13 & 3 == picture.line
            assert 1 <= piece.columns <= 4
            assert 1 <= piece.rows <= 4
        top, left = 64 - picture.centre[1], 64 - picture.centre[0]
        height, width = picture.pixels.shape
        assert np.array_equal(shown[top : top + height, left : left + width], picture.pixels), name
        assert np.count_nonzero(shown) == np.count_nonzero(picture.pixels), name
    assert len(sheet.tiles) <= MAX_SPRITE_TILES


def test_who_stands_touches_the_ground() -> None:
    """Player: soles 20 px below its centre; what stands in a block: 8 px."""
    for name, picture in sprites.pictures().items():
        below = int(np.nonzero(picture.pixels.any(axis=1))[0][-1]) + 1 - picture.centre[1]
        if name in ("PLAYER_STAND", "PLAYER_PUSH0", "PLAYER_WIN"):
            assert below in (19, 20), name
        if name.startswith(("SWITCH", "GOAL", "WALKER", "TUBE", "SPRING_UP", "SPRING_STRONG")) or name == "HOPPER0":
            assert 7 <= below <= 9, name


def test_a_tile_is_found_in_each_of_its_flips() -> None:
    tiles = TileSet()
    tile = np.arange(64, dtype=np.uint8).reshape(8, 8) % 15 + 1
    assert tiles.entry(tile, 2) == 2 << 13 | 1
    assert tiles.entry(tile[:, ::-1], 3) == 3 << 13 | HORIZONTAL | 1
    assert tiles.entry(tile[::-1], 0) == VERTICAL | 1
    assert tiles.entry(tile[::-1, ::-1], 0) == HORIZONTAL | VERTICAL | 1
    assert tiles.entry(np.zeros((8, 8), dtype=np.uint8), 3) == 0
    assert len(tiles.tiles) == 2
    assert tile_words(tile)[0] == 0x12345678


def test_palettes_are_words_of_the_console() -> None:
    assert palette.words("700 070 007")[:4] == [0, 0x000E, 0x00E0, 0x0E00]
    assert palette.rgb([0x0EEE])[0].tolist() == [255, 255, 255]
    with pytest.raises(ValueError, match="16, allowed: at most 15"):
        palette.words(" ".join(["000"] * 16))


def test_a_ragged_text_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"lengths \[3, 4\]"):
        grid("...\n....")


def test_shapes_are_where_they_are_asked_for() -> None:
    canvas = Canvas(8, 8)
    canvas.rect(2, 3, 4, 2, 5)
    assert np.argwhere(canvas.pixels == 5).tolist() == [[y, x] for y in (3, 4) for x in range(2, 6)]
    canvas.outline(1)
    assert int((canvas.pixels == 1).sum()) == 12
