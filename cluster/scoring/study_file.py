"""The YAML file of a study: variants, seeds, steps, and the levels of evaluations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from actors.emulation.native_levels import require_playable
from actors.games.games import WINDUP
from actors.games.levels import Level, LevelError, select_levels
from cluster.config.arguments import check_config
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError, as_text
from cluster.config.json_file import printable
from cluster.config.yaml_file import read_yaml
from cluster.run import preflight
from cluster.scoring import holdout
from world_model.section import MOST_STEPS, Section
from world_model.whole import as_whole

Rival = Literal["random", "hold-right", "sb3-pixels", "sb3-eyes", "sb3-eyes-same-ppo"]
Measure = Literal["score", "passed"]
UNTRAINED = ("random", "hold-right")
"""Rivals that learn nothing; they are evaluated once, after 0 steps."""

_LEVELS = "windup-train,windup-validation"
_OWN = ("name", "runs_dir", "steps", "seed", "report", "address")
"""Fields that the study itself sets in a run."""
_TASK = ("levels", "emulator.", "reward.", "curiosity")
"""Prefixes of the fields that apply to rivals, too."""
_HOW_OURS_LEARNS = ("emulator.recoloured",)
"""Fields of those that do not: no rival sees other colours."""
SAME_PPO = (
    "learning_rate", "decay_to", "train_batch_steps", "minibatch_size", "epochs", "discount", "gae_lambda", "clip",
    "entropy", "hidden",
)  # fmt: skip
"""Fields of section `policy` that apply to the rival with the same PPO."""


@dataclass(frozen=True)
class Variant:
    """A variant of the configuration, or another agent.

    Attributes:
        rival: the agent that is trained or played instead of ours; None: ours.
    """

    name: str
    config: TrainConfig
    rival: Rival | None = None

    @property
    def learns(self) -> bool:
        return self.rival not in UNTRAINED

    @property
    def changes(self) -> dict[str, Any]:
        """Settings that apply and differ from the defaults: values by dotted names."""
        defaults, own = (flat(c.model_dump(mode="json")) for c in (TrainConfig(), self.config))
        changed = {key: value for key, value in own.items() if key not in _OWN and value != defaults.get(key)}
        if self.rival is None:
            return changed
        return {key: value for key, value in changed.items() if self.applies(key)}

    @property
    def has_our_ppo(self) -> bool:
        """Whether the rival has PPO's settings from the configuration."""
        return self.rival == "sb3-eyes-same-ppo"

    def applies(self, field: str) -> bool:
        """Returns whether a field of the configuration, by its dotted name, applies to a rival."""
        section, _, name = field.partition(".")
        same = self.has_our_ppo and section == "policy" and name in SAME_PPO
        task = field.startswith(_TASK) and field not in _HOW_OURS_LEARNS
        return self.learns and (same or task)


@dataclass(frozen=True)
class Study:
    """The content of a study's file.

    Attributes:
        seeds: every variant is run with each of them.
        evaluate_at: rising numbers of steps; the last one is the end of training.
        levels: levels of evaluations, as in `--levels`.
        episodes: number of episodes of each level in an evaluation.
        measure: what is compared: an episode's score, or whether it passed its barrier (1 or 0).
    """

    name: str
    seeds: tuple[int, ...]
    evaluate_at: tuple[int, ...]
    levels: str
    episodes: int
    variants: tuple[Variant, ...]
    measure: Measure = "score"

    @property
    def steps(self) -> int:
        return self.evaluate_at[-1]

    def counts(self, variant: Variant) -> tuple[int, ...]:
        """Returns the numbers of steps after which a variant is evaluated."""
        return self.evaluate_at if variant.learns else (0,)

    def trained_on(self) -> list[Level]:
        """Returns the training levels of all variants."""
        return [*dict.fromkeys(level for v in self.variants for level in select_levels(v.config.levels))]

    def settings(self, variant: Variant) -> dict[str, Any]:
        """Returns all that a run of a variant depends on beside seed and code (JSON-able)."""
        return {
            "rival": variant.rival,
            "changes": variant.changes,
            "evaluate_at": list(self.counts(variant)),
            "evaluated_on": self.levels,
            "episodes": self.episodes,
            "measure": self.measure,
        }


def read_study(file: Path) -> Study:
    """Reads a study's file.

    Raises:
        UsageError: the file cannot be read, or a field or value in it is not allowed.
    """
    given = _read(file)
    if given.choose_on:
        _refuse_levels(given, f"{file}: ")
    variants = tuple(_variant(file, given, name, changes or {}) for name, changes in given.variants.items())
    levels = given.evaluate.levels or (holdout.in_words(holdout.held_out()) if given.choose_on else _LEVELS)
    try:
        native = any(variant.config.emulator.kind == "native" for variant in variants)
        require_playable(select_levels(levels), native)
    except LevelError as error:
        raise UsageError(f"{file}: evaluate.levels {levels}: {error}") from error
    counts = [count for count in given.evaluate_at or [] if count != given.steps]
    if counts != sorted(set(counts)) or any(count > given.steps for count in counts):
        raise UsageError(
            f"{file}: evaluate_at {given.evaluate_at}: counts must rise, and none exceed steps {given.steps}"
        )
    if given.evaluate.measure == "passed":
        _require_barriers(file, levels, variants)
    return Study(
        given.name,
        tuple(given.seeds),
        (*counts, given.steps),
        levels,
        given.evaluate.episodes,
        variants,
        given.evaluate.measure,
    )


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Returns the values of a nested mapping by dotted names."""
    fields: dict[str, Any] = {}
    for key, value in tree.items():
        fields |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {prefix + key: value}
    return fields


def _all_different(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("each may be given once")
    return values


# Part of file names.
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
_Count = Annotated[int, Field(gt=0, le=MOST_STEPS, strict=True), BeforeValidator(as_whole)]
# Rivals' libraries seed generators of 32 bits with a seed and the steps done.
_Seed = Annotated[int, Field(ge=0, le=2**31 - 1, strict=True)]


class _Evaluate(Section):
    levels: str | None = None
    episodes: Annotated[_Count, Field(le=10_000)] = 3
    measure: Measure = "score"


class _File(Section):
    name: _Name
    steps: _Count
    evaluate_at: list[_Count] | None = None
    seeds: Annotated[list[_Seed], Field(min_length=1), AfterValidator(_all_different)]
    choose_on: Literal["train-holdout"] | None = None
    evaluate: _Evaluate = _Evaluate()
    base: dict[str, Any] = Field({})
    variants: Annotated[dict[_Name, dict[str, Any] | None], Field(min_length=1)]


def _read(file: Path) -> _File:
    content = read_yaml(file)
    if not isinstance(content, dict):
        raise UsageError(f"{file} holds a {type(content).__name__}; it must hold the fields of a study")
    try:
        return _File.model_validate(content)
    except ValidationError as error:
        raise UsageError("; ".join(f"{file}: {_worded(problem)}" for problem in error.errors())) from None


def _require_barriers(file: Path, levels: str, variants: Sequence[Variant]) -> None:
    """Checks a study that measures whether barriers are passed.

    Raises:
        UsageError: a level is no barrier, or a rival does not report whether it has passed.
    """
    other = next((level for level in select_levels(levels) if level.barrier is None), None)
    if other:
        raise UsageError(f"{file}: evaluate.measure passed: {other} is no barrier; evaluate.levels must be barriers")
    rival = next((variant for variant in variants if variant.rival and variant.learns), None)
    if rival:
        raise UsageError(f"{file}: evaluate.measure passed: rival {rival.rival} is measured by score alone")


def _refuse_levels(given: _File, prefix: str) -> None:
    """Refuses levels in a study with the hold-out, which sets them itself."""
    places = {"base": given.base, **{f"variant {name}": changes or {} for name, changes in given.variants.items()}}
    for place, changes in places.items():
        if "levels" in changes:
            raise UsageError(f"{prefix}{place}: levels: choose_on {given.choose_on} decides what is trained on")
    if given.evaluate.levels is not None:
        raise UsageError(f"{prefix}evaluate.levels: choose_on {given.choose_on} decides what is evaluated on")


def _variant(file: Path, given: _File, name: str, changes: dict[str, Any]) -> Variant:
    prefix = f"{file}: variant {name}: "
    rival = changes.get("rival")
    if "rival" in changes and rival not in get_args(Rival):
        raise UsageError(f"{prefix}rival {rival!r}: it must be {', '.join(get_args(Rival))}")
    tree: dict[str, Any] = {"levels": holdout.in_words(holdout.trained_on())} if given.choose_on else {}
    own = {key: value for key, value in changes.items() if key != "rival"}
    for layer, of in ((given.base, f"{file}: base: "), (own, prefix)):
        _refuse_twice(layer, of)
        for key, value in layer.items():
            _put(tree, str(key).split("."), value, of)
    refused = [key for key in _OWN if key in tree]
    if refused:
        raise UsageError(f"{prefix}{refused[0]}: the study itself gives it to every run")
    variant = Variant(name, check_config(tree | {"steps": given.steps, "report": False}, prefix), rival)
    if rival:
        _check_rival(variant, own, prefix)
    try:
        preflight.check(variant.config)
    except UsageError as error:
        raise UsageError(f"{prefix}{error}") from error
    return variant


def _check_rival(variant: Variant, changes: dict[str, Any], prefix: str) -> None:
    """Checks the fields of a rival.

    Raises:
        UsageError: fields do not apply to it, or it does not play the game.
    """
    own: dict[str, Any] = {}
    for key, value in changes.items():
        _put(own, str(key).split("."), value, prefix)
    extra = [key for key in flat(own) if not variant.applies(key)]
    if extra:
        bound = "levels, emulator without recoloured, reward and curiosity" if variant.learns else "nothing else"
        if variant.has_our_ppo:
            bound += ", and of policy " + ", ".join(SAME_PPO)
        raise UsageError(f"{prefix}{extra[0]}: rival {variant.rival} can be given {bound}")
    if variant.learns and any(level.game != WINDUP for level in select_levels(variant.config.levels)):
        raise UsageError(f"{prefix}levels {variant.config.levels}: rival {variant.rival} plays {WINDUP} alone")


def _refuse_twice(layer: Mapping[str, Any], prefix: str) -> None:
    """Refuses fields that are given twice.

    Raises:
        UsageError: a field is given both nested and dotted, or both with dashes and without.
    """
    names: set[str] = set()
    for name in _leaves(layer):
        if name in names:
            raise UsageError(f"{prefix}{name} is given twice, in two ways of writing it")
        names.add(name)


def _leaves(layer: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, value in layer.items():
        name = f"{above}{str(key).replace('-', '_')}"
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{name}.")
        else:
            yield name


def _put(tree: dict[str, Any], path: list[str], value: Any, prefix: str) -> None:
    """Sets a field, whose name may be nested, dotted, or both, with underscores or dashes."""
    first = path[0].replace("-", "_")
    if len(path) == 1 and not (isinstance(value, dict) and isinstance(tree.get(first, {}), dict) and first != "custom"):
        tree[first] = value
        return
    inner = tree.setdefault(first, {})
    if not isinstance(inner, dict):
        raise UsageError(f"{prefix}{'.'.join(path)}: {first} was given as {inner!r} before")
    if len(path) > 1:
        _put(inner, path[1:], value, prefix)
        return
    for key, each in value.items():
        _put(inner, str(key).split("."), each, prefix)


def _worded(problem: Any) -> str:
    field = printable(".".join(str(part) for part in problem["loc"]))
    if problem["type"] == "missing":
        return f"{field}: it is missing"
    if problem["type"] == "extra_forbidden":
        known: type[Section] = _Evaluate if field.startswith("evaluate.") else _File
        return f"{field}: unknown field; known are {', '.join(known.model_fields)}"
    if problem["type"] == "literal_error":
        return f"{field} {as_text(problem['input'])}: it must be {problem['ctx']['expected']}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{field} {as_text(problem['input'])}: {message[0].lower()}{message[1:]}"
