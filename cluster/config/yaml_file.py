"""Reads YAML files of users."""

from pathlib import Path
from typing import Any

import yaml

from cluster.config.errors import UsageError

_MOST, _DEEPEST = 10_000, 20
_MERGE = "tag:yaml.org,2002:merge"


class _TwiceError(yaml.YAMLError):
    """A key is given twice; YAML itself would silently take the second value."""


class _Loader(yaml.SafeLoader):
    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # Here, because later << has merged in another mapping, whose keys may be given again.
        mapping = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key, _ in mapping.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            name, line = (key.tag, key.value), key.start_mark.line + 1
            if name in lines:
                raise _TwiceError(f"line {line}: {key.value} is given twice; it is in line {lines[name]}, too")
            lines[name] = line
        return mapping


def read_yaml(file: Path) -> Any:
    """Reads a file.

    Raises:
        UsageError: the file cannot be read, is no YAML, gives a key twice, or is larger than any sensible one.
    """
    try:
        content = yaml.load(file.read_text(), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}") from error
    except _TwiceError as error:
        raise UsageError(f"{file}: {error}") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    # Dates and numbers that are none, and lists that are too deep.
    except (ValueError, OverflowError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not _is_bounded(content):
        raise UsageError(f"{file} holds more than {_MOST:,} values, or lists in lists more than {_DEEPEST} deep")
    return content


def _is_bounded(content: Any) -> bool:
    """Whether the content is of sensible size: a few lines with * can mean billions of values, or endless lists."""
    waiting, count = [(content, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > _MOST or depth > _DEEPEST:
            return False
        if isinstance(value, dict):
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, list | tuple | set):
            waiting += [(part, depth + 1) for part in value]
    return True
