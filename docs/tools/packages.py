"""python -m docs.tools.packages: draws docs/packages.svg, the packages and their rooms with their imports.

In each package a room is above what it imports, so that arrows go down; those that have to go up are red.
"""

import ast
import textwrap
from collections.abc import Iterable
from html import escape
from pathlib import Path

import grimp

PICTURE = Path("docs/packages.svg")
PACKAGES = ("cluster", "actors", "learners", "world_model", "windup")
_LEFT_OUT = "windup.tools"
"""The package of tools that make the game, which no program imports at run time."""

_ROW, _HEAD, _GAP, _WIDTH, _BOX = 54, 34, 20, 440, 300
_X = {"cluster": 10, "actors": 590, "learners": 590, "world_model": 590, "windup": 590}
_STYLE = (
    "text{font-family:sans-serif;fill:#222}.head{font-size:17px;font-weight:bold}.name{font-size:14px;font-weight:bold}"
    ".package{fill:#f4f5fb;stroke:#c5cae9}.room{fill:#fff;stroke:#9fa8da}"
    ".what{font-size:10.5px;fill:#555}.down{fill:none;stroke:#7986cb;stroke-width:1.3}"
    ".up{fill:none;stroke:#d32f2f;stroke-width:2}.between{fill:none;stroke:#3949ab;stroke-width:2.5}"
)
Imports = frozenset[tuple[str, str]]
"""Pairs of rooms: one that imports something of the other, and the other."""


def read_imports() -> Imports:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    rooms = {module: _room(module, bool(graph.find_children(module))) for module in graph.modules}
    return frozenset(
        (rooms[module], rooms[imported])
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
        if rooms[module] != rooms[imported] and _LEFT_OUT not in (rooms[module], rooms[imported])
    )


def _room(module: str, is_package: bool) -> str:
    """Returns the room of a module, such as `cluster.run`; for modules at a package's top, the package."""
    words = module.split(".")
    return ".".join(words[:2]) if len(words) > 2 or is_package else words[0]


def ordered(rooms: Iterable[str], imports: Imports) -> list[str]:
    """Sorts a package's rooms so that each is above what it imports; in a cycle, the one that imports more is first."""
    left, order = sorted(rooms), []
    while left:

        def above(room: str) -> int:
            return sum((other, room) in imports for other in left)

        room = min(left, key=lambda each: (above(each), -sum((each, other) in imports for other in left)))
        left.remove(room)
        order.append(room)
    return order


def draw(imports: Imports) -> str:
    """Returns the picture, as SVG."""
    rooms = {package: ordered(_rooms(package, imports), imports) for package in PACKAGES}
    parts: list[str] = []
    middles: dict[str, float] = {}
    y = 10.0
    for package in PACKAGES[1:]:
        parts += _panel(rooms[package], imports, _X[package], y, _ROW)
        height = _height(rooms[package])
        middles[package] = y + height / 2
        y += height + _GAP
    # The first package is as high as all others together.
    parts += _panel(rooms["cluster"], imports, _X["cluster"], 10, (y - _GAP - 18 - _HEAD) / len(rooms["cluster"]))
    parts += _between(imports, middles)
    bottom = y - _GAP + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1180 {bottom}" role="img">\n<style>{_STYLE}</style>\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse"'
        ' markerWidth="9" markerHeight="9" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#3949ab"/></marker></defs>\n'
        f'<rect width="1180" height="{bottom}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _rooms(package: str, imports: Imports) -> set[str]:
    return {room for pair in imports for room in pair if room.split(".")[0] == package}


def _height(rooms: list[str], row: float = _ROW) -> float:
    return _HEAD + row * len(rooms) + 8


def _panel(rooms: list[str], imports: Imports, x: int, top: float, row: float) -> list[str]:
    """Returns the SVG of a package with its rooms, each `row` px high, and the arrows between them."""
    parts = [
        f'<rect x="{x}" y="{top}" width="{_WIDTH}" height="{_height(rooms, row)}" rx="8" class="package"/>',
        f'<text x="{x + 12}" y="{top + 23}" class="head">{rooms[0].partition(".")[0]}/</text>',
    ]
    rows = {room: top + _HEAD + row * i for i, room in enumerate(rooms)}
    for room, y in rows.items():
        name = f"{room.partition('.')[2]}/" if "." in room else "its own modules"
        parts += [
            f'<rect x="{x + 12}" y="{y}" width="{_BOX}" height="{row - 6}" rx="5" class="room"/>',
            f'<text x="{x + 20}" y="{y + 16}" class="name">{name}</text>',
        ]
        for i, line in enumerate(_purpose(room)):
            parts.append(f'<text x="{x + 20}" y="{y + 30 + 12 * i}" class="what">{escape(line)}</text>')
    edge, middle = x + 12 + _BOX, (row - 6) / 2
    for number, (source, target) in enumerate(sorted(p for p in imports if p[0] in rows and p[1] in rows)):
        down = rows[source] < rows[target]
        # Neighbours do not start at one point.
        begin, end = rows[source] + middle + (4 if down else -4), rows[target] + middle - (4 if down else -4)
        reach = edge + 14 + 150 * abs(end - begin) / (abs(end - begin) + 320) + number % 3 * 3
        kind = "down" if down else "up"
        parts.append(
            f'<path class="{kind}" marker-end="url(#tip)"'
            f' d="M{edge} {begin}C{reach:.0f} {begin} {reach:.0f} {end} {edge} {end}">'
            f"<title>{source} imports {target}</title></path>"
        )
    return parts


def _purpose(room: str) -> list[str]:
    """Returns the first paragraph of a room's docstring, in at most two lines."""
    text = ast.get_docstring(ast.parse(Path(*room.split("."), "__init__.py").read_text())) or ""
    return textwrap.wrap(text.partition("\n\n")[0], 56, max_lines=2, placeholder=" …")


def _between(imports: Imports, middles: dict[str, float]) -> list[str]:
    """Returns the SVG of an arrow from each package to each that it imports."""
    pairs = {(source.split(".")[0], target.split(".")[0]) for source, target in imports}
    parts, lane = [], 0
    for source, target in sorted(pairs, key=lambda pair: (PACKAGES.index(pair[1]), pair)):
        if source == target:
            continue
        if source == "cluster":
            begin, end, y = _X[source] + _WIDTH, _X[target], middles[target]
            path = f"M{begin} {y}H{end - 4}"
        else:
            right = _X[source] + _WIDTH
            reach = right + 25 + 28 * lane
            spread = 18 * lane
            lane += 1
            path = f"M{right} {middles[source] + spread}H{reach}V{middles[target] - spread}H{right + 4}"
        parts.append(f'<path class="between" marker-end="url(#tip)" d="{path}"/>')
    return parts


def main() -> None:
    PICTURE.write_text(draw(read_imports()))
    print(PICTURE)


if __name__ == "__main__":
    main()
