"""Settings that run folders of before do not name: a resumed run keeps the behaviour that it began with."""

from typing import Any

_BEFORE: dict[str, dict[str, Any]] = {
    "policy": {"decay_to": 1.0, "overlap": True, "sees_change": False},
    "world_model": {"gaze": False},
}
"""By section, what was done before there was such a setting."""

_GONE = {"policy": ("sees_grid",)}
"""By section, settings that there are no longer. One that was not set is left out; one that was is refused."""


def as_begun(content: dict[str, Any]) -> dict[str, Any]:
    """Returns the content of a run's config.yaml, with the fields that it lacks as they were when it was written.

    Fields of before that were not set are left out.
    """
    sections = {name: (fields, content.get(name) or {}) for name, fields in _BEFORE.items()}
    # A section that holds something else is refused when it is read.
    return content | {
        name: fields | {field: value for field, value in given.items() if value or field not in _GONE.get(name, ())}
        for name, (fields, given) in sections.items()
        if isinstance(given, dict)
    }
