"""The frame of a report: one HTML file that needs nothing else."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 1rem; font: 15px/1.45 system-ui, sans-serif; color: #1f2937; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: .3rem 0; }
nav a { margin-right: 1rem; } a { color: #1d4ed8; }
.note { color: #6b7280; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: .6rem; }
.facts div { border: 1px solid #e5e7eb; border-radius: 6px; padding: .5rem .7rem; }
.facts b { display: block; font-size: 1.15rem; } .facts span { color: #6b7280; font-size: .85rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 1rem; }
figure { margin: 0; } figure img { width: 100%; height: auto; display: block; } figcaption { font-weight: 600; }
.maps img { image-rendering: pixelated; border-radius: 4px; } .maps figcaption { font-weight: 400; font-size: .85rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; }
th, td { padding: .2rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #eef0f3; }
th:first-child, td:first-child { text-align: left; }
thead th { position: sticky; top: 0; background: #fff; }
pre { background: #f6f7f9; padding: .8rem; overflow-x: auto; font-size: .8rem; }
details { margin: .5rem 0; } summary { cursor: pointer; }
"""


class Html(str):
    """Text that is HTML already."""


def page(title: str, sections: Iterable[tuple[str, Sequence[str]]]) -> str:
    """
    Args:
        sections: headings and their parts, each of which is HTML.
    """
    parts = list(sections)
    links = " ".join(f'<a href="#{_anchor(heading)}">{escape(heading)}</a>' for heading, _ in parts)
    body = "\n".join(
        f'<section><h2 id="{_anchor(heading)}">{escape(heading)}</h2>\n{"".join(contents)}</section>'
        for heading, contents in parts
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Without this a browser would ask for one.
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1><nav>{links}</nav>\n{body}\n</body></html>\n"
    )


def facts(items: Iterable[tuple[str, str]]) -> str:
    """Numbers with their names."""
    boxes = (f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for name, value in items)
    return f'<div class="facts">{"".join(boxes)}</div>'


def figures(pictures: Iterable[tuple[str, str]], kind: str = "plots") -> str:
    """Captions and data URLs, side by side where there is room.

    Args:
        kind: `plots`, or `maps` for pictures of large pixels.
    """
    made = (
        f'<figure><figcaption>{escape(c)}</figcaption><img alt="{escape(c)}" src="{url}"></figure>'
        for c, url in pictures
    )
    return f'<div class="plots {kind}">{"".join(made)}</div>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are text, or `Html`."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def folded(summary: str, text: str) -> str:
    """Text that is shown on demand."""
    return f"<details><summary>{escape(summary)}</summary><pre>{escape(text)}</pre></details>"


def _cell(cell: str) -> str:
    return cell if isinstance(cell, Html) else escape(cell)


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")
