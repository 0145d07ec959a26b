"""python -m docs.tools.references: writes the references of configuration and metrics from the code."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from benchmarks.marked import all_marked, write_between
from cluster.config.config import TrainConfig
from cluster.metrics.catalogue import reference

CONFIGURATION, METRICS = Path("docs/configuration.md"), Path("docs/metrics.md")
BEGIN, END = "<!-- from the code by docs.tools.references -->", "<!-- end of reference -->"
_BOUNDS = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
_NAMES = {int: "whole number", float: "number", str: "text", bool: "yes or no", Path: "path"}
_UNBOUNDED = 1e6
"""Bounds from here on only refuse nonsense, and are not shown."""


def configuration() -> str:
    """Returns Markdown: a table of every section of the configuration, with its fields in the order of the code."""
    return "\n\n".join(_sections(TrainConfig, ""))


def metrics() -> str:
    """Returns Markdown: the tables of all metrics, each group under a heading."""
    return re.sub(r"^\*\*(.+?)\*\*", r"## \1", reference(), flags=re.MULTILINE)


def _sections(model: type[BaseModel], prefix: str) -> Iterator[str]:
    fields = model.model_fields.items()
    plain = [(name, field) for name, field in fields if not _is_section(field.annotation)]
    if plain:
        title = f"## `{prefix.removesuffix('.')}`" if prefix else "## The run"
        lines = ["| flag | default | allowed | meaning |", "|---|---|---|---|"]
        lines += [_line(prefix, name, field) for name, field in plain]
        yield f"{title}\n\n" + "\n".join(lines)
    for name, field in fields:
        if _is_section(field.annotation):
            assert isinstance(field.annotation, type)
            yield from _sections(field.annotation, f"{prefix}{name}.")


def _line(prefix: str, name: str, field: FieldInfo) -> str:
    flag = f"--{prefix}{name}".replace("_", "-")
    limits = " and ".join(
        f"{sign} {limit:g}"
        for each in field.metadata
        for bound, sign in _BOUNDS.items()
        if (limit := getattr(each, bound, None)) is not None and abs(limit) < _UNBOUNDED
    )
    kinds = [part for part in _parts(field.annotation) if part is not NoneType]
    allowed = " ".join(filter(None, (" or ".join(map(_kind, kinds)), limits)))
    if len(kinds) < len(_parts(field.annotation)):
        allowed += ", or none"
    return f"| `{flag}` | {_value(field.default)} | {allowed} | {field.description} |"


def _parts(annotation: Any) -> tuple[Any, ...]:
    """Returns the members of a union, or the type itself."""
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _value(default: Any) -> str:
    if default in ((), {}):
        return "–"
    if isinstance(default, tuple):
        return f"`{' '.join(map(str, default))}`"
    if isinstance(default, bool):
        return "yes" if default else "no"
    return "none" if default is None else f"`{default}`"


def _kind(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in _NAMES:
        return _NAMES[annotation]
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is Annotated:
        return _kind(parts[0])
    if origin is tuple:
        return f"{_kind(parts[0])}s"
    if origin is dict:
        return f"{_kind(parts[1])}s by name"
    raise TypeError(f"no words for {annotation}")


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def main() -> int:
    documents = {CONFIGURATION: configuration, METRICS: metrics}
    if not all_marked(documents, BEGIN, END):
        return 2
    for document, rendered in documents.items():
        write_between(document, BEGIN, END, f"\n{rendered()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
