"""Numbers that are not finite: left out, told, counted; never published, kept, loaded or acted on."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.vector import VectorRewardWrapper
from gymnasium.wrappers.vector import DictInfoToList
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns

from actors.agents.trained import TrainedAgent
from actors.emulation.native_pool import NativePool
from actors.emulation.settings import EmulatorSettings
from actors.games.games import WINDUP
from actors.games.levels import Level
from actors.rollout.connectors import ActionsOut
from actors.rollout.curiosity import Curiosity
from actors.rollout.level_draw import LevelDraw
from actors.rollout.recolouring import Recolouring
from actors.rollout.settings import CuriosityKind as Kind
from actors.rollout.settings import RewardSettings
from actors.rollout.transport import LocalWeights
from actors.rollout.world_model_vec import WorldModelVec
from cluster.config.config import TrainConfig
from cluster.metrics.live_view import View
from cluster.run.checkpoints import Checkpoints
from cluster.run.folder import RunFolder
from cluster.training.ending import report
from learners.finite_steps import Setback
from learners.policy import policy_config
from learners.serial_policy import SerialPolicy
from learners.settings import PolicySettings
from learners.world_model_learner import WorldModelLearner
from tests.learners.test_policy import SETTINGS as POLICY
from tests.learners.test_policy import CartPoleRunner
from tests.learners.test_world_model_learner import SETTINGS, Publisher, _learn, _moving_square
from tests.runs import SMALL, command, rows
from world_model.finite import NotFiniteError, check_finite
from world_model.model import WorldModel
from world_model.published.parameter_server import ParameterServer, Published
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights, digest_of
from world_model.published.weights_store import WeightsStore
from world_model.soundness import is_sound
from world_model.spec import PRESETS, WorldModelSpec
from world_model.state_tree import not_finite, save_tree
from world_model.weights import WeightsError, get_weights, load_model, save_weights, set_weights

SPEC = WorldModelSpec(actions=10, **PRESETS["light"])
NAN = float("nan")


def _spoilt(value: float = NAN) -> WorldModel:
    """Every parameter of V's encoder is the value."""
    model = WorldModel(SPEC)
    with torch.no_grad():
        for parameter in model.vae.encoder.parameters():
            parameter.fill_(value)
    return model


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateValkey]:
    with PrivateValkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


def _learner(**changes: Any) -> tuple[WorldModelLearner, Publisher]:
    publisher = Publisher()
    spec = replace(SPEC, actions=3)
    return WorldModelLearner(spec, SETTINGS.model_copy(update=changes), publisher, 0), publisher


def test_a_world_model_that_diverges_goes_back_gives_up_and_publishes_nothing_of_it() -> None:
    learner, publisher = _learner(learning_rate=1e6, warm_up_updates=0)
    learner.start(None)
    for seed in range(30):
        learner.add(_moving_square(4, 8, seed))
        learner.update()
    metrics = learner.get_metrics()
    assert metrics["world_model_diverged"]
    assert metrics["world_model_updates_skipped_total"] > 0
    assert metrics["world_model_divergences_total"] == 3
    assert metrics["world_model_updates_total"] < 30
    assert not learner.update()
    assert np.isfinite(metrics["world_model_loss"])
    state = learner.get_state()
    assert not_finite(state) is None
    # What it holds is what it published, and that is sound.
    assert len(publisher.published) == 1
    model = WorldModel(replace(SPEC, actions=3))
    set_weights(model, publisher.published[-1][0])
    assert is_sound(model)
    for name, array in learner.weights().items():
        assert np.array_equal(array, publisher.published[-1][0][name])


def test_a_checkpoint_of_a_world_model_that_just_diverged_is_of_the_last_version() -> None:
    learner, publisher = _learner(learning_rate=1e6, warm_up_updates=0, publish_every=100)
    learner.start(None)
    learner.add(_moving_square(4, 8, 0))
    assert learner.update()
    assert learner.get_metrics()["world_model_updates_skipped_total"] == 0
    (module,) = learner.get_state()["learner"]["rl_module"].values()
    assert np.array_equal(module["world_model.vae.posterior.weight"], publisher.published[0][0]["vae.posterior.weight"])


def test_a_bad_batch_is_skipped_and_forgotten() -> None:
    learner, publisher = _learner(pool_sequences=4, warm_up_updates=0)
    learner.start(None)
    _learn(learner, 1)
    before = learner.weights()
    bad = _moving_square(4, 8, 0)
    learner.add(replace(bad, state=np.full_like(bad.state, NAN)))
    assert learner.update()
    assert all(np.array_equal(before[name], array) for name, array in learner.weights().items())
    _learn(learner, 4, seed=1)
    metrics = learner.get_metrics()
    assert metrics["world_model_updates_skipped_total"] == 1
    assert metrics["world_model_divergences_total"] == 0
    assert np.isfinite(metrics["world_model_loss"])
    assert [updates for _, updates in publisher.published] == [0, 3, 6]


def test_a_world_model_that_does_not_diverge_is_what_it_was_before_anyone_looked() -> None:
    torch.manual_seed(3)
    state = torch.get_rng_state()
    assert is_sound(WorldModel(SPEC).train())
    torch.manual_seed(3)
    WorldModel(SPEC)
    after = torch.get_rng_state()
    torch.set_rng_state(state)
    model = WorldModel(SPEC)
    assert is_sound(model)
    assert torch.equal(torch.get_rng_state(), after)
    assert not is_sound(_spoilt())
    # Finite, and of no use.
    assert not is_sound(_spoilt(1e20))


def test_neither_server_nor_store_nor_actor_takes_a_version_that_is_not_finite(valkey: PrivateValkey) -> None:
    server = ParameterServer(valkey.url, "nan", keep=4, lag=2)
    good, bad = get_weights(WorldModel(SPEC)), get_weights(_spoilt())
    assert server.publish(good, 1, digest_of(good)) == 1
    assert server.publish(bad, 2, digest_of(bad)) == 1
    assert server.get_metrics()["weights_refused_total"] == 1
    assert "not finite" in server.notes()[-1]
    # One that got in by another way.
    WeightsStore(valkey.url, "nan", 4).save(2, bad, 2, digest_of(bad))
    again = ParameterServer(valkey.url, "nan", keep=4, lag=2)
    newest = again.newest()
    assert newest is not None
    assert newest.version == 1
    assert "not finite" in again.notes()[-1]
    assert Published(1, bad, digest_of(bad)).checked() is None


@pytest.mark.parametrize("value", [NAN, float("inf"), 1e20])
def test_a_file_whose_world_model_is_of_no_use_is_refused(tmp_path: Path, value: float) -> None:
    save_weights(tmp_path / "a.safetensors", SPEC, get_weights(_spoilt(value)))
    with pytest.raises(WeightsError, match="not finite"):
        load_model(tmp_path / "a.safetensors")


def test_a_checkpoint_that_is_not_finite_is_not_intact(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c", keep=3)
    for iteration, value in enumerate((1.0, NAN), 1):
        with checkpoints.writing(iteration, {"steps_total": iteration}) as folder:
            save_tree(folder, "state", {"a": np.full(3, value, np.float32), "b": np.zeros(3, np.uint8)})
    newest, (warning,) = checkpoints.newest_intact()
    assert newest is not None
    assert newest.iteration == 1
    assert "has numbers that are not finite" in warning


class _Sink:
    in_flight = 0

    def ship(self, sequences: object) -> bool:
        return True


class _Source:
    """Gives one version, whatever it is."""

    refused = 0

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def newer(self, using: int) -> tuple[int, Weights] | None:
        return None if using else (1, self._weights)


def _play(source: Any, kind: Kind, steps: int = 4) -> tuple[WorldModelVec, list[np.ndarray]]:
    level = Level(WINDUP, "Garden.Act1")
    draw = LevelDraw([level], 0, 2, 2, [0])
    with NativePool(draw.games, draw, EmulatorSettings(kind="native", stuck_steps=None), 0) as pool:
        reward = RewardSettings(curiosity_share=0.5)
        curiosity = Curiosity(kind, reward)
        vec = WorldModelVec(pool, draw, SPEC, curiosity, reward, 8, source, _Sink(), Recolouring(2, 0.0, 0))
        seen: list[np.ndarray] = [vec.reset()[0]]
        for _ in range(steps):
            observation, reward, *_ = vec.step(np.array([1, 2]))
            seen += [observation, reward]
        return vec, seen


@pytest.mark.parametrize("kind", ["learning_progress", "prediction_error"])
def test_an_actor_acts_on_zeros_where_latents_are_not_finite(kind: Kind) -> None:
    vec, seen = _play(_Source(get_weights(_spoilt(1e20))), kind)
    assert vec.version == 1
    assert all(np.isfinite(array).all() for array in seen)
    assert not_finite(vec.get_state()) is None
    assert vec.take_tally().not_finite >= 2


def test_an_actor_refuses_weights_that_are_not_finite(valkey: PrivateValkey) -> None:
    bad = get_weights(_spoilt())

    class Server:
        def poll(self, name: str, using: int) -> Published:
            return Published(1, bad, digest_of(bad))

    vec, _ = _play(LocalWeights(Server(), "a"), "none")
    assert vec.version == 0
    assert vec.take_tally().weights_refused == 1


def test_logits_that_are_not_finite_draw_any_action() -> None:
    connector = ActionsOut(None, None)
    logits = torch.tensor([[0.0, 1.0, 2.0], [NAN, 0.0, 0.0], [float("inf"), 0.0, 0.0]])
    drawn = connector(batch={Columns.ACTION_DIST_INPUTS: logits}, explore=True)
    assert np.isfinite(drawn[Columns.ACTION_LOGP]).all()
    assert drawn[Columns.ACTION_LOGP][1:] == pytest.approx([-np.log(3)] * 2)
    assert connector.not_finite == 2
    check_finite({"logits": drawn[Columns.ACTION_DIST_INPUTS]})


def test_an_agent_whose_logits_are_not_finite_says_so() -> None:
    policy = torch.nn.Sequential(torch.nn.Linear(SPEC.observation, SPEC.actions))
    agent = TrainedAgent(_spoilt(1e20), policy)
    memory = agent.begin(WINDUP, np.random.default_rng(0))
    with pytest.raises(NotFiniteError, match="diverged"):
        agent.act([memory], np.full((1, 64, 64, 3), 200, np.uint8))


def _policy(tmp_path: Path, runner: type = CartPoleRunner, **changes: Any) -> SerialPolicy:
    settings = PolicySettings(**vars(POLICY) | {"train_batch_steps": 128, "minibatch_size": 32})
    # No user may ask for rates at which it surely diverges.
    settings = settings.model_copy(update=changes)
    environment = {"fail_if": str(tmp_path / "no")}
    return SerialPolicy(policy_config(settings, runner, environment, 1, 4, 2**64 - 1, serial=True, steps=0))


def _parameters(policy: SerialPolicy) -> dict[str, np.ndarray]:
    module: dict[str, np.ndarray] = policy.get_state()["rl_module"][DEFAULT_MODULE_ID]
    return module


def test_a_policy_that_diverges_goes_back_and_gives_up(tmp_path: Path) -> None:
    policy = _policy(tmp_path, learning_rate=1e25)
    before = _parameters(policy)
    setbacks: list[Setback] = []
    for _ in range(4):
        setbacks += policy.iterate().setbacks
        assert not_finite(policy.get_state()) is None
    policy.stop()
    assert setbacks[-1].diverged
    assert sum(setback.returns for setback in setbacks) == 3
    assert all(np.array_equal(before[name], array) for name, array in _parameters(policy).items())


class _BadRewards(VectorRewardWrapper):
    """Some of the second 128 steps are no numbers."""

    steps = 0

    def rewards(self, rewards: np.ndarray) -> np.ndarray:
        self.steps += len(rewards)
        return np.full_like(rewards, NAN) if 180 < self.steps <= 200 else rewards


class _BadRunner(CartPoleRunner):
    def make_env(self) -> None:
        super().make_env()
        self.env = DictInfoToList(_BadRewards(self.env.env))


def test_a_policy_s_bad_batch_is_skipped_and_forgotten(tmp_path: Path) -> None:
    policy = _policy(tmp_path, runner=_BadRunner)
    done, parameters = [], []
    for _ in range(3):
        done.append(policy.iterate())
        parameters.append(_parameters(policy)["pi.net.mlp.0.weight"])
    policy.stop()
    skipped = [sum(setback.skipped for setback in iteration.setbacks) for iteration in done]
    assert (skipped[0], skipped[2]) == (0, 0)
    assert skipped[1] > 20
    assert np.array_equal(parameters[0], parameters[1])
    assert not np.array_equal(parameters[1], parameters[2])
    assert not_finite(policy.get_state()) is None
    assert all(np.isfinite(list(iteration.learned.values())).all() for iteration in done)


def test_a_report_that_fails_for_any_reason_does_not_end_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a"))
    # As where what draws is broken.
    monkeypatch.setitem(sys.modules, "cluster.report.report", None)
    try:
        with View() as view:
            report(run, view)
    finally:
        run.close()
    assert "warning: the report cannot be written: import of cluster.report.report halted" in capsys.readouterr().out


@pytest.fixture(scope="module")
def diverged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A run with a learning rate that is much too high, by the largest seed that there is."""
    folder = tmp_path_factory.mktemp("runs")
    rate = ["--world-model.learning-rate=1e6", "--world-model.warm-up-updates=0", "--world-model.training-ratio=2"]
    words = ["--levels", "Garden.Act1", "--emulator", "native", "--preset", "light", "--steps", 4000]
    done = command("train", "--serial", "--runs-dir", folder, "--name", "a", "--seed", 2**64 - 1, *words, *SMALL, *rate)
    return folder / "a", done


def test_a_run_that_diverges_ends_with_one_line_and_a_checkpoint_that_is_sound(diverged: tuple[Path, Any]) -> None:
    run, done = diverged
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "error: the world model diverges again and again from its last sound weights; lower --world" in done.stdout
    assert "warning: the world model diverges; it went back" in done.stdout
    assert "not finite" not in done.stderr
    last = rows(run)[-1]
    assert last["world_model_divergences_total"] == 3
    assert last["steps_total"] < 4000
    assert (run / "checkpoints").is_dir()
    (checkpoint, *_) = sorted((run / "checkpoints").glob("iteration-*"), reverse=True)
    assert is_sound(load_model(checkpoint / "world_model.safetensors"))
