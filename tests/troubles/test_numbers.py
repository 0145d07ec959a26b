"""Numbers have bounds and are finite, in the configuration and on every command line; and nothing is made before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from cluster.config.arguments import check_config, parse_train
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.scoring.study_file import read_study
from learners.policy import narrow_seed
from tests.refusals import Refused
from world_model.section import MOST_SEED


def _numbers(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every field that holds numbers, and whether they are many."""
    for name, info in model.model_fields.items():
        kind: Any = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _numbers(kind, (*above, name))
        elif {int, float} & _kinds(kind):
            yield (*above, name), get_origin(kind) in (tuple, dict)


def _kinds(kind: Any) -> set[Any]:
    if get_origin(kind) is Annotated:
        return _kinds(get_args(kind)[0])
    return {kind}.union(*map(_kinds, get_args(kind)))


def _content(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return value  # type: ignore[no-any-return]


NUMBERS = {".".join(path): (path, many) for path, many in _numbers(TrainConfig)}


def test_all_numbers_are_known() -> None:
    assert {"seed", "world_model.learning_rate", "policy.hidden", "resources.ppo_learner.custom"} <= NUMBERS.keys()
    assert len(NUMBERS) > 50


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 10**400, -(10**400), 1e300])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_field_refuses_what_is_not_finite_or_has_no_end(name: str, value: float) -> None:
    path, many = NUMBERS[name]
    each = {"a": value} if name.endswith("custom") else [value] if many else value
    with pytest.raises(UsageError) as caught:
        check_config(_content(path, each), "--")
    assert str(caught.value).startswith(f"--{name.replace('_', '-')}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seed", "18446744073709551616"], "--seed 18446744073709551616: input should be less than or equal to"),
        (["--policy.learning-rate", "inf"], "--policy.learning-rate inf: input should be a finite number"),
        (["--world-model.learning-rate", "nan"], "--world-model.learning-rate nan: input should be a finite number"),
        (["--emulator.timeout-s", "1e9"], "--emulator.timeout-s 1000000000.0: input should be less than or equal to"),
        (["--world-model.pool-sequences", "1e9"], "--world-model.pool-sequences 1000000000: their frames take"),
        (["--policy.hidden", "99999999"], "--policy.hidden.0 99999999: input should be less than or equal to"),
    ],
)
def test_train_answers_in_one_line_and_makes_no_folder(
    tmp_path: Path, refused: Refused, words: list[str], message: str
) -> None:
    line = refused("train", "--runs-dir", tmp_path / "runs", "--levels", "Garden.Act1", *words)
    assert line.startswith(f"sonic-worlds: error: {message}")
    assert not list(tmp_path.iterdir())


SEED = str(2**64)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate", "--policy", "random", "--seed", SEED], f"--seed {SEED}: 0 to"),
        (["evaluate", "--policy", "random", "--episodes", "1000000000000"], "--episodes 1000000000000: 1 to 10,000"),
        (["evaluate", "--policy", "random", "--actors", "1000000"], "--actors 1000000: 1 to 1,000 is allowed"),
        (["watch", "pretrained", "--seed", "-1", "--record", "a.mp4"], "--seed -1: 0 to"),
        (["watch", "pretrained", "--seed", SEED, "--record", "a.mp4"], f"--seed {SEED}: 0 to"),
        (["watch", "pretrained", "--steps", "9" * 30, "--record", "a.mp4"], f"--steps {'9' * 30}: 1 to"),
        (["dream", "pretrained", "--seed", SEED], f"--seed {SEED}: 0 to"),
        (["dream", "pretrained", "--seed", "-1"], "--seed -1: 0 to"),
        (["dream", "pretrained", "--temperature", "inf"], "--temperature inf: 0.001 to 1,000.0 is allowed"),
        (["dream", "pretrained", "--temperature", "1e-300"], "--temperature 1e-300: 0.001 to 1,000.0 is allowed"),
        (["dream", "pretrained", "--steps", "5000"], "--steps 5000: 1 to 4,500 is allowed"),
        (["probe", "pretrained", "--seed", SEED], f"--seed {SEED}: 0 to"),
        (["contest", "random", "--seeds", "1000000000"], "--seeds 1000000000: 1 to 1,000 is allowed"),
        (["contest", "random", "--parallel", "1000000"], "--parallel 1000000: 1 to 1,000 is allowed"),
        (["serve", "Garden.Act1", "--dir", "d", "--hours", "inf"], "--hours inf: 0.001 to 500.0 is allowed"),
        (["serve", "Garden.Act1", "--dir", "d", "--hours", "1000"], "--hours 1000.0: 0.001 to 500.0 is allowed"),
        (["serve", "Garden.Act1", "--dir", "d", "--seed", SEED], f"--seed {SEED}: 0 to"),
        (["agent", "--policy", "ppo", "--dir", "d", "--seed", SEED], f"--seed {SEED}: 0 to"),
        (["agent", "--policy", "ppo", "--dir", "d", "--steps", "0"], "--steps 0: 1 to"),
    ],
)
def test_commands_answer_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refused: Refused,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(*words).startswith(f"sonic-worlds: error: {message}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("seeds: [4294967296]", "seeds.0 4294967296: input should be less than or equal to 2147483647"),
        ("steps: 10000000000000000", "steps 10000000000000000: input should be less than or equal to"),
        ("base: {policy.learning_rate: .inf}", "policy.learning_rate inf: input should be a finite number"),
        ("base: {world_model.lambda_kl: .nan}", "world_model.lambda_kl nan: input should be a finite number"),
    ],
)
def test_a_study_s_numbers_have_bounds(tmp_path: Path, line: str, message: str) -> None:
    fields = {"name": "a", "steps": "1000", "seeds": "[0]", "variants": "{a: {}}"}
    name, _, value = line.partition(": ")
    file = tmp_path / "study.yaml"
    file.write_text("\n".join(f"{key}: {each}" for key, each in (fields | {name: value}).items()))
    with pytest.raises(UsageError) as error:
        read_study(file)
    assert message in str(error.value)


@given(st.integers(0, MOST_SEED))
@settings(max_examples=100, deadline=None)
def test_any_seed_of_64_bits_is_one_for_rllib(seed: int) -> None:
    config, _ = parse_train(["--seed", str(seed)]) if seed % 10 == 0 else (TrainConfig(seed=seed), None)
    assert config.seed == seed
    narrow = narrow_seed(seed)
    # It adds an actor's number.
    np.random.RandomState(narrow + 10_000)
    assert seed >= 2**31 or narrow == seed
