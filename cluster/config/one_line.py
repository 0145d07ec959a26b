"""Command lines of tyro, with errors of one line."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import tyro
from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from cluster.config.errors import UsageError
from cluster.config.home import at_home
from world_model.whole import whole

_REGISTRY = ConstructorRegistry()


@_REGISTRY.primitive_rule
def _whole_numbers(kind: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[int] | None:
    if kind.type is not int:
        return None
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar="INT",
        instance_from_str=lambda words: whole(words[0]),
        is_instance=lambda value: isinstance(value, int) and not isinstance(value, bool),
        str_from_instance=lambda value: [str(value)],
    )


def parse(target: Any, arguments: Sequence[str], program: str, **options: Any) -> Any:
    """Parses words as `tyro.cli` does for a type or a function.

    Raises:
        UsageError: the words are wrong; the text is tyro's, without its frame.
        SystemExit: after --help.
    """
    words = [at_home(word) for word in arguments]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            return tyro.cli(target, args=words, prog=program, registry=_REGISTRY, **options)
    except SystemExit as end:
        if end.code in (0, None):
            raise
        raise UsageError(f"{_first_paragraph(printed.getvalue())} (see {program} --help)") from None


def _first_paragraph(frame: str) -> str:
    """Returns the text of a framed message before its first horizontal line."""
    words: list[str] = []
    for line in frame.splitlines()[1:]:
        text = line.strip("│╭╰─╮╯ ")
        if not text and words:
            break
        words.append(text)
    return " ".join(" ".join(words).split())
