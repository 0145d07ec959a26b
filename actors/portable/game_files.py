"""Checks the files of a game's folder, which users write: rules, variables, scripts, start states.

stable-retro ignores many faults, and of others it names, on the first frame, only the variable. This module runs on
Python 3.8, too: in hosts with gym-retro.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import Any, Callable, Generator, Iterable, Iterator, NoReturn, Optional, Sequence

Find = Callable[[str], Optional[Path]]
"""Returns a file of the game by name; None if it has none of that name."""

RULES = ("contest.json", "scenario.json", "lean.json")
"""Files with rules for rewards and ends. The first existing one counts, and lean.json where no scripts are run."""

_RAM, _RAM_END = 0xFF0000, 0x1000000
_LARGEST_JSON = 16 << 20
_LARGEST_STATE = 4 << 20
"""Most bytes of a state; one of the Mega Drive has one MiB."""
_DEEPEST = 20
"""Most groups within groups of an end's conditions."""
_STATE_MARK = b"GENPLUS-GX"
_GZIP_MARK = b"\x1f\x8b"
_TYPE = re.compile(r"(?:\||<|>|=|<>|><|<=|>=)[uidn][1-8]")
_TYPES = "such as |u1, >u2, >i4 or >d4: byte order, u i d or n, bytes"
_NONE = object()

_BUTTONS = ("B", "A", "MODE", "START", "UP", "DOWN", "LEFT", "RIGHT", "C", "Y", "X", "Z")
_OPERATIONS = (
    *("equal", "not-equal", "negative-equal", "less-than", "greater-than", "less-or-equal", "greater-or-equal"),
    *("zero", "nonzero", "negative", "positive", "sign"),
)
_MEASUREMENTS = ("absolute", "delta")
_TOP = ("reward", "rewards", "done", "scripts", "crop", "crops", "actions")
_END_RULE = ("measurement", "op", "reference")
_REWARD_RULE = (*_END_RULE, "reward", "penalty")


class GameFileError(ValueError):
    """A file of a game that cannot be used: one line with the file and what is allowed."""


def read_state(file: Path) -> bytes:
    """Returns the console's state in a .state file.

    Raises:
        GameFileError: the file cannot be read, is not gzipped, or is of another emulator.
    """
    try:
        with open(str(file), "rb") as raw:
            packed = raw.read(len(_GZIP_MARK)) == _GZIP_MARK
            raw.seek(0)
            content = gzip.GzipFile(fileobj=raw).read(_LARGEST_STATE + 1) if packed else b""
    except (OSError, EOFError, zlib.error) as error:
        raise GameFileError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not packed:
        raise GameFileError(f"{file} is not gzipped; a state must be: gzip it, and give it back its name")
    if not content.startswith(_STATE_MARK) or len(content) > _LARGEST_STATE:
        raise GameFileError(f"{file} holds no state of Genesis Plus GX, the emulator of stable-retro")
    return content


def read_actions(file: Path) -> list[list[list[str]]] | None:
    """Returns the groups of sets of buttons in a scenario file; None if it has none, or cannot be used."""
    content, fault = _object_of(file)
    actions = content.get("actions")
    return None if fault or not actions or not _is_actions(actions) else actions


def require_rules(find: Find, where: object) -> None:
    """Checks the game's variables and rules.

    Args:
        find: returns a file of the game by name.
        where: the game's folder, or its name, for the message.

    Raises:
        GameFileError: they have a fault: the first one of `rule_faults`.
    """
    for fault in rule_faults(find, where):
        raise GameFileError(fault)


def rule_faults(find: Find, where: object) -> Iterator[str]:
    """Yields a line for each fault of the game's variables and rules."""
    for fault in _rule_faults(find, where):
        # Names in a file may hold what ends a line.
        yield "".join(c if c.isprintable() else ascii(c)[1:-1] for c in fault)


def _rule_faults(find: Find, where: object) -> Iterator[str]:
    known: set[str] | None = None
    data = find("data.json")
    if data is None:
        yield f"{where}: there is no data.json, which tells where the game's variables are"
    else:
        known = yield from _data_faults(data)
    files = [(name, file) for name, file in ((name, find(name)) for name in RULES) if file]
    if all(name == "lean.json" for name, _ in files):
        yield f"{where}: there is no scenario.json, which tells what is rewarded and when an episode ends"
    for _, file in files:
        yield from _scenario_faults(file, known)


def _data_faults(file: Path) -> Generator[str, None, set[str] | None]:
    """Yields faults; returns the variables' names, None if they are unknown."""
    content, fault = _object_of(file)
    info = content.get("info", _NONE)
    if fault is None and not isinstance(info, dict):
        fault = f"{file}: info{_shown(info)}: it must be an object, of the game's variables by name"
    if fault:
        yield fault
        return None
    for name, variable in info.items():
        at = f"{file}: info.{name}"
        if not isinstance(variable, dict):
            yield f"{at}{_shown(variable)}: it must be an object with address and type"
            continue
        kind, address, mask = (variable.get(key, _NONE) for key in ("type", "address", "mask"))
        width = int(kind[-1]) if isinstance(kind, str) and _TYPE.fullmatch(kind) else None
        if width is None:
            yield f"{at}.type{_shown(kind)}: it must be a type {_TYPES}"
        if not _is_whole(address) or not _RAM <= address <= _RAM_END - (width or 1):
            yield (
                f"{at}.address{_shown(address)}: it must be a whole number from {_RAM} (0xFF0000) to"
                f" {_RAM_END - (width or 1)} (0x{_RAM_END - (width or 1):X}), in the console's RAM"
            )
        if mask is not _NONE and not (_is_whole(mask) and 0 <= mask < 1 << 64):
            yield f"{at}.mask{_shown(mask)}: it must be a whole number of 64 bits"
    return set(info)


def _scenario_faults(file: Path, known: set[str] | None) -> Iterator[str]:
    content, fault = _object_of(file)
    if fault:
        yield fault
        return
    yield from _unknown(f"{file}: ", content, _TOP)
    scripts = content.get("scripts", [])
    functions: set[str] | None = set()
    if not _is_list(scripts, str):
        yield f"{file}: scripts{_shown(scripts)}: it must be a list of names of files"
        functions = None
    else:
        for script in scripts:
            names = yield from _script_faults(file, script)
            functions = None if names is None or functions is None else functions | names
    check = _Rules(file, known, functions, "scripts" in content)
    rewards = content.get("rewards", [])
    if not isinstance(rewards, list):
        yield f"{file}: rewards{_shown(rewards)}: it must be a list of rewards, one for each player"
        rewards = []
    if "reward" in content:
        yield from check.reward("reward", content["reward"])
    for i, reward in enumerate(rewards):
        yield from check.reward(f"rewards.{i}", reward)
    if "done" in content:
        yield from check.end("done", content["done"])
    crop = content.get("crop", [0, 0, 0, 0])
    if not (isinstance(crop, list) and len(crop) == 4 and all(_is_whole(side) and 0 <= side < 1024 for side in crop)):
        yield f"{file}: crop{_shown(crop)}: it must be x, y, width and height, in pixels"
    if "crops" in content and not isinstance(content["crops"], list):
        yield f"{file}: crops{_shown(content['crops'])}: it must be a list of crops"
    actions = content.get("actions", [])
    if not _is_actions(actions):
        yield f"{file}: actions{_shown(actions)}: it must be lists of lists of buttons: {', '.join(_BUTTONS)}"


def _script_faults(file: Path, name: str) -> Generator[str, None, set[str] | None]:
    """Yields faults; returns the functions that a script visibly defines, None if they are unknown."""
    script = file.parent / name
    if not name.endswith(".lua"):
        yield f"{file}: scripts{_shown(name)}: its name must end in .lua"
        return None
    try:
        text = _text_of(script)
    except (OSError, ValueError) as error:
        yield f"{file}: scripts{_shown(name)}: {script} {_why(error)}"
        return None
    return {first or second for first, second in re.findall(r"function\s+(\w+)|^\s*(\w+)\s*=", text, re.MULTILINE)}


class _Rules:
    """Checks the rules of a scenario file."""

    def __init__(self, file: Path, known: set[str] | None, functions: set[str] | None, has_scripts: bool) -> None:
        """
        Args:
            file: the scenario file.
            known: names of the game's variables; None if they are unknown.
            functions: names of the scripts' functions; None if they are unknown.
            has_scripts: whether the game has scripts.
        """
        self._file, self._known, self._functions, self._has_scripts = file, known, functions, has_scripts

    def reward(self, at: str, rules: Any) -> Iterator[str]:
        if not isinstance(rules, dict):
            yield self._must(at, rules, "be an object")
            return
        yield from _unknown(f"{self._file}: {at}.", rules, ("variables", "time", "script"))
        yield from self._variables(at, rules, _REWARD_RULE)
        if "time" in rules:
            yield from self._rule(f"{at}.time", rules["time"], _REWARD_RULE)
        yield from self._script(at, rules)

    def end(self, at: str, rules: Any, depth: int = 0) -> Iterator[str]:
        if not isinstance(rules, dict):
            yield self._must(at, rules, "be an object")
            return
        allowed = ("variables", "nodes", "condition", "script")
        # stable-retro knows a script of the whole end alone.
        yield from _unknown(f"{self._file}: {at}.", rules, allowed[:-1] if depth else allowed)
        if rules.get("condition", "any") not in ("any", "all"):
            yield self._must(f"{at}.condition", rules["condition"], "be any or all")
        yield from self._variables(at, rules, _END_RULE)
        nodes = rules.get("nodes", {})
        if not isinstance(nodes, dict):
            yield self._must(f"{at}.nodes", nodes, "be an object")
            return
        if depth == _DEEPEST:
            yield f"{self._file}: {at}.nodes: groups may be in groups {_DEEPEST} deep"
            return
        for name, node in nodes.items():
            yield from self.end(f"{at}.nodes.{name}", node, depth + 1)
        yield from self._script(at, rules)

    def _variables(self, at: str, rules: Any, allowed: Sequence[str]) -> Iterator[str]:
        variables = rules.get("variables", {})
        if not isinstance(variables, dict):
            yield self._must(f"{at}.variables", variables, "be an object, of rules by variables")
            return
        for name, rule in variables.items():
            if self._known is not None and name not in self._known:
                yield (
                    f"{self._file}: {at}.variables.{name}: data.json has no such variable; it has"
                    f" {_listed(sorted(self._known)) or 'none'}"
                )
            yield from self._rule(f"{at}.variables.{name}", rule, allowed)

    def _rule(self, at: str, rule: Any, allowed: Sequence[str]) -> Iterator[str]:
        if not isinstance(rule, dict):
            yield self._must(at, rule, f"be an object with any of {', '.join(allowed)}")
            return
        yield from _unknown(f"{self._file}: {at}.", rule, allowed)
        for key, values in (("measurement", _MEASUREMENTS), ("op", _OPERATIONS)):
            if key in rule and rule[key] not in values:
                yield self._must(f"{at}.{key}", rule[key], f"be {' or '.join(values)}")
        if not (_is_whole(rule.get("reference", 0)) and -(1 << 63) <= rule.get("reference", 0) < 1 << 63):
            yield self._must(f"{at}.reference", rule["reference"], "be a whole number of 64 bits")
        for key in ("reward", "penalty"):
            if key in allowed and not _is_number(rule.get(key, 0)):
                yield self._must(f"{at}.{key}", rule[key], "be a number")

    def _script(self, at: str, rules: Any) -> Iterator[str]:
        if "script" not in rules:
            return
        script = rules["script"]
        if not isinstance(script, str) or script.partition(":")[0] not in ("lua", script):
            yield self._must(f"{at}.script", script, "be lua: and the name of a function")
        elif not self._has_scripts:
            yield f"{self._file}: {at}.script{_shown(script)}: scripts, a list of files, is missing"
        elif self._functions is not None and script.split(":")[-1] not in self._functions:
            yield (
                f"{self._file}: {at}.script{_shown(script)}: no script has such a function; there are"
                f" {_listed(sorted(self._functions)) or 'none'}"
            )

    def _must(self, at: str, value: Any, what: str) -> str:
        return f"{self._file}: {at}{_shown(value)}: it must {what}"


def _object_of(file: Path) -> tuple[dict[str, Any], str | None]:
    """Returns the object in a JSON file, and why it cannot be used (None if it can)."""
    try:
        content = json.loads(_text_of(file), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{file} {_why(error)}"
    if not isinstance(content, dict):
        return {}, f"{file} holds a {type(content).__name__}; it must hold an object"
    return content, None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _text_of(file: Path) -> str:
    """Returns the text of a file.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no file, too large, or no UTF-8.
    """
    # A device or a pipe may never end.
    if file.exists() and not file.is_file():
        raise ValueError("it is no file")
    if file.stat().st_size > _LARGEST_JSON:
        raise ValueError(f"it has more than {_LARGEST_JSON >> 20} MiB")
    return file.read_text(encoding="utf-8")


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    if isinstance(error, UnicodeDecodeError):
        return "is no text of UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
    return f"cannot be read: {error}"


def _unknown(prefix: str, given: Iterable[str], known: Sequence[str]) -> Iterator[str]:
    for key in given:
        if key not in known:
            yield f"{prefix}{key}: unknown field; known are {', '.join(known)}"


def _shown(value: Any) -> str:
    """Returns a value's text for a message, shortened where it is long or deep."""
    if value is _NONE:
        return " is missing"
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value)):
        return " {...}" if isinstance(value, dict) else " [...]"
    text = json.dumps(value)
    return f" {text if len(text) <= 60 else text[:57] + '...'}"


def _listed(names: Sequence[str], most: int = 30) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    # Rewards are of single precision.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e38


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _is_actions(value: Any) -> bool:
    if not _is_list(value, list):
        return False
    return all(_is_list(part, list) and all(button in _BUTTONS for held in part for button in held) for part in value)
