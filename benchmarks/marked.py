"""Writes tables into documents, between two marks."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from world_model.replaced_file import replace_text


def all_marked(documents: Iterable[Path], begin: str, end: str) -> bool:
    """Returns whether each document has both marks; prints the first one that has not."""
    for document in documents:
        text = document.read_text()
        if begin not in text or end not in text:
            print(f"{document} has no lines {begin} and {end}", file=sys.stderr)
            return False
    return True


def table(lines: Iterable[Sequence[str]]) -> str:
    """Returns a table in Markdown from the cells of its lines: the headings, the columns' alignments, the rows."""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_between(document: Path, begin: str, end: str, text: str) -> None:
    """Replaces the text between the marks."""
    before, rest = document.read_text().split(begin, 1)
    _, after = rest.split(end, 1)
    replace_text(document, f"{before}{begin}\n{text}\n{end}{after}")
