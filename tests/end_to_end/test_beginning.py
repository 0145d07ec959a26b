"""A run that begins with another run's networks, and networks that are shipped without their run."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from actors.games.levels import select_levels
from cluster.config.arguments import parse_train
from cluster.config.errors import UsageError
from cluster.run.agent import PRETRAINED, find_run, load_agent
from cluster.run.beginning import find_beginning, read_beginning, seeing_as_before
from cluster.run.ship import ship
from tests.runs import SMALL, command
from world_model.state_tree import load_tree

WORDS = ["--serial", "--levels", "Playroom.Act1", "--emulator", "native", *SMALL]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    done = command("train", "--runs-dir", folder, "--name", "a", "--steps", 512, *WORDS)
    assert done.returncode == 0, done.stderr
    return folder / "a"


@pytest.fixture(scope="module")
def shipped(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shipped") / PRETRAINED
    ship(find_run(run), out)
    return out


def test_it_looks_as_the_networks_that_it_begins_with() -> None:
    def gaze(*words: str) -> bool | None:
        return seeing_as_before(parse_train(["--emulator", "native", *words])[0]).world_model.gaze

    theirs = load_agent(find_run(Path(PRETRAINED))).model.spec.gaze
    assert gaze("--init", PRETRAINED) is theirs
    assert gaze() is None
    assert gaze("--init", PRETRAINED, "--world-model.gaze", str(not theirs)) is not theirs


def test_a_policy_sees_what_it_saw_unless_it_begins_at_random() -> None:
    def sees_change(*words: str) -> bool | None:
        config, _ = parse_train(["--emulator", "native", "--init", PRETRAINED, *words])
        config = seeing_as_before(config)
        assert find_beginning(config, select_levels(config.levels)) is not None
        return config.policy.sees_change

    theirs = load_agent(find_run(Path(PRETRAINED))).model.spec.sees_change
    assert sees_change() is theirs
    assert sees_change("--init-parts", "world-model") is None
    assert sees_change("--init-parts", "world-model", "--policy.sees-change", str(not theirs)) is not theirs


def test_an_agent_whose_configuration_has_settings_that_are_gone_is_loaded(tmp_path: Path) -> None:
    shutil.copytree(PRETRAINED, tmp_path / "a")
    file = tmp_path / "a" / "config.yaml"
    content = yaml.safe_load(file.read_text())
    content["policy"]["sees_grid"] = None
    file.write_text(yaml.safe_dump(content))
    load_agent(find_run(tmp_path / "a"))


def _policy(run: Path) -> dict[str, np.ndarray]:
    (module,) = load_tree(find_run(run).checkpoint.path, "state")["parts"]["policy"]["rl_module"].values()
    return {name: np.asarray(value) for name, value in module.items()}


def _world_model(run: Path) -> dict[str, np.ndarray]:
    return {n: p.numpy() for n, p in load_agent(find_run(run)).model.state_dict().items()}


def test_a_run_begins_with_shipped_networks(run: Path, shipped: Path, tmp_path: Path) -> None:
    still = ["--world-model.freeze-after", 0, "--policy.learning-rate", 1e-30]
    words = ["--runs-dir", tmp_path, "--name", "b", "--init", shipped, "--steps", 256, *WORDS, *still]
    done = command("train", *words)
    assert done.returncode == 0, done.stderr
    assert "begins with the world model and policy of " in done.stdout + done.stderr
    for read in (_world_model, _policy):
        before, after = read(run), read(tmp_path / "b")
        assert before.keys() == after.keys()
        for name, value in before.items():
            np.testing.assert_array_equal(value, after[name], strict=True)


def test_what_is_shipped_is_small_and_an_agent(run: Path, shipped: Path) -> None:
    assert sum(file.stat().st_size for file in shipped.rglob("*") if file.is_file()) < 12_000_000
    for name, value in _world_model(run).items():
        np.testing.assert_array_equal(value, _world_model(shipped)[name], strict=True)


def test_the_world_model_alone(shipped: Path) -> None:
    config, _ = parse_train(["--init", str(shipped), "--init-parts", "world-model", *map(str, WORDS)])
    beginning = read_beginning(config, select_levels(config.levels))
    assert beginning is not None
    assert beginning.policy is None
    assert beginning.world_model.keys() == _world_model(shipped).keys()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--init", "nowhere"], "--init nowhere: RUN nowhere is not the folder of a run"),
        (["--preset", "small"], "its world model has latent 128, this run's would have 32; its preset is light"),
        (["--policy.hidden", "64", "64"], "its policy has hidden (256, 256), not (64, 64)"),
    ],
)
def test_networks_of_other_sizes_are_refused(words: list[str], message: str, shipped: Path) -> None:
    config, _ = parse_train(["--init", str(shipped), *map(str, WORDS), *words])
    with pytest.raises(UsageError) as error:
        find_beginning(config, select_levels(config.levels))
    assert message in str(error.value)


def test_shipped_networks_are_no_run_to_go_on_with(shipped: Path) -> None:
    done = command("train", "--resume", shipped, "--steps", 10**6)
    assert done.returncode == 2
    assert f"it holds networks and no run; begin a new run with --init {shipped}" in done.stderr
    assert "Traceback" not in done.stderr
    assert {file.name for file in shipped.iterdir()} == {"config.yaml", "checkpoints"}
