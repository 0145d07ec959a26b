"""tyro's command lines with errors of one line."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import tyro

from cluster.config.errors import UsageError


def parse(target: Any, arguments: Sequence[str], program: str, **options: Any) -> Any:
    """What `tyro.cli` gives for a type or a function.

    Raises:
        UsageError: what tyro would have said in a frame.
        SystemExit: after --help.
    """
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            return tyro.cli(target, args=list(arguments), prog=program, **options)
    except SystemExit as end:
        if end.code in (0, None):
            raise
        raise UsageError(f"{_first_paragraph(printed.getvalue())} (see {program} --help)") from None


def _first_paragraph(frame: str) -> str:
    """What a framed message says before its first rule."""
    words: list[str] = []
    for line in frame.splitlines()[1:]:
        text = line.strip("│╭╰─╮╯ ")
        if not text and words:
            break
        words.append(text)
    return " ".join(" ".join(words).split())
