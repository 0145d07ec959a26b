"""The parts of a report's page, one HTML file without other files, from the templates in `templates`."""

from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

Section = tuple[str, Sequence[Markup]]
"""A heading, and the parts below it."""

_TEMPLATES = Environment(
    loader=PackageLoader("cluster.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)
_PARTS: Any = _TEMPLATES.get_template("parts.html").module


def page(title: str, sections: Iterable[Section]) -> str:
    """Returns the whole page."""
    return _TEMPLATES.get_template("page.html").render(title=title, sections=list(sections))


def facts(items: Iterable[tuple[str, str]]) -> Markup:
    """Makes a list of names and numbers."""
    return Markup(_PARTS.facts(items))


def figures(pictures: Iterable[tuple[str, str]], kind: str = "plots") -> Markup:
    """Places pictures side by side where there is room.

    Args:
        pictures: caption and data URL of each.
        kind: `plots`, or `maps` for pictures with large pixels.
    """
    return Markup(_PARTS.figures(pictures, kind))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Makes a table, whose cells are text or `Markup`."""
    return Markup(_PARTS.table(headings, rows))


def heading(text: str) -> Markup:
    """Makes the heading of a part of a section."""
    return Markup(_PARTS.heading(text))


def note(text: str) -> Markup:
    return Markup(_PARTS.note(text))


def folded(summary: str, text: str) -> Markup:
    """Makes a text that is unfolded by a click on its summary."""
    return Markup(_PARTS.folded(summary, text))


def line(points: str, width: int, height: int, colour: str) -> Markup:
    """Makes a polyline as SVG; points are "x,y x,y", in pixels from the upper left."""
    return Markup(_PARTS.line(points, width, height, colour))
