import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from learners.learner_loop import LearnerLoop
from learners.settings import WorldModelSettings
from learners.world_model_learner import WorldModelLearner
from learners.world_model_module import STEPPED
from tests.sequences import make_sequences
from world_model.model import WorldModel
from world_model.motion_model import MotionModel
from world_model.published.parameter_server import Published
from world_model.published.weights import Weights
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec
from world_model.state_tree import load_tree, save_tree
from world_model.weights import set_weights

pytestmark = pytest.mark.slow

SPEC = WorldModelSpec(actions=3, latent=64, vision="light")
SETTINGS = WorldModelSettings(
    learning_rate=1e-3,
    warm_up_updates=5,
    slow_after=None,
    freeze_after=None,
    batch_sequences=4,
    sequence_length=8,
    training_ratio=1.0,
    pool_sequences=64,
    publish_every=3,
    measure_updates=10,
    lambda_kl=1.0,
    moving_weight=0.0,
    lambda_motion=None,
)


class Publisher:
    """Keeps what is published; the lagged version is the one before."""

    def __init__(self) -> None:
        self.published: list[tuple[Weights, int]] = []
        self.digests: list[str] = []

    def __call__(self, weights: Weights, updates: int, digest: str) -> tuple[int, Published | None]:
        self.published.append((weights, updates))
        self.digests.append(digest)
        if len(self.published) < 2:
            return 1, None
        return len(self.published), Published(len(self.published) - 1, self.published[-2][0], self.digests[-2])


def _moving_square(n: int, t: int, seed: int) -> Sequences:
    """A square that goes left, stays or goes right with the action."""
    rng = np.random.default_rng(seed)
    actions = rng.integers(0, 3, (n, t))
    frames = np.full((n, t + 1, 64, 64, 3), 30, np.uint8)
    positions = np.full((n, t + 1, 2), 30, np.int32)
    for i in range(n):
        x = 30
        for step in range(t + 1):
            positions[i, step, 0] = x
            frames[i, step, 28:36, x : x + 8] = 220
            if step < t:
                x = int(np.clip(x + 6 * (actions[i, step] - 1), 0, 56))
    arrays = {"frames": frames, "actions": actions, "positions": positions}
    return make_sequences(SPEC, n, t, "square", **arrays)


def _learner(settings: WorldModelSettings = SETTINGS, seed: int = 0) -> tuple[WorldModelLearner, Publisher]:
    publisher = Publisher()
    learner = WorldModelLearner(SPEC, settings, publisher, seed)
    return learner, publisher


def _learn(learner: WorldModelLearner, updates: int, seed: int = 0) -> None:
    end = learner.updates + updates
    while learner.updates < end:
        learner.add(_moving_square(4, 8, seed))
        seed += 1
        while learner.updates < end and learner.update():
            continue


def test_the_joint_loss_of_a_learnable_stream_falls() -> None:
    learner, _ = _learner()
    learner.start(None)
    _learn(learner, 80)
    metrics = learner.get_metrics()
    assert metrics["world_model_loss"] < 0.4 * metrics["world_model_loss_first"]
    assert metrics["world_model_loss_vae"] < 0.4 * metrics["world_model_loss_first"]


def test_no_update_before_a_batch_or_beyond_the_training_ratio() -> None:
    learner, _ = _learner()
    learner.start(None)
    assert not learner.update()
    learner.add(_moving_square(3, 8, 0))
    assert not learner.update()
    learner.add(_moving_square(5, 8, 1))
    assert [learner.update() for _ in range(3)] == [True, True, False]
    assert learner.get_metrics()["training_ratio"] == pytest.approx(1.0)


def test_it_publishes_at_the_start_and_every_so_many_updates_what_it_has_learned() -> None:
    learner, publisher = _learner()
    learner.start(None)
    _learn(learner, 7)
    assert [updates for _, updates in publisher.published] == [0, 3, 6]
    assert learner.get_metrics()["weights_version"] == 3
    first, last = publisher.published[0][0], publisher.published[-1][0]
    assert not np.array_equal(first["vae.encoder.0.weight"], last["vae.encoder.0.weight"])
    set_weights(WorldModel(SPEC), last)


def test_lambdas_are_measured_once_and_keep_the_scale_of_the_joint_loss() -> None:
    learner, _ = _learner()
    learner.start(None)
    _learn(learner, 9)
    assert learner.get_metrics()["lambda_mdn"] == 1.0
    _learn(learner, 1)
    chosen = learner.get_state()["lambdas"]
    assert chosen["mdn"] != 1.0
    _learn(learner, 3)
    assert learner.get_state()["lambdas"] == chosen


def test_lambdas_given_by_hand_are_kept() -> None:
    learner, _ = _learner(SETTINGS.model_copy(update={"lambda_vae": 2.0, "lambda_mdn": 3.0, "lambda_inverse": 4.0}))
    learner.start(None)
    _learn(learner, 12)
    assert learner.get_state()["lambdas"] == {"vae": 2.0, "mdn": 3.0, "inverse": 4.0, "motion": 0.0}


def _motion_model(learner: WorldModelLearner) -> MotionModel | None:
    return learner._group._learner.module["default_policy"].unwrapped().motion_model


def test_a_motion_model_learns_with_the_world_model_and_is_not_published() -> None:
    learner, publisher = _learner()
    learner.start(None)
    _learn(learner, 11)
    after_the_lambdas = learner.get_metrics()
    assert after_the_lambdas["lambda_motion"] > 1
    _learn(learner, 60)
    assert learner.get_metrics()["world_model_loss_motion"] < 0.7 * after_the_lambdas["world_model_loss_motion"]
    assert not any("motion" in name for name in publisher.published[-1][0])
    # Its gradient reaches V and M.
    module = learner._group._learner.module["default_policy"].unwrapped()
    module.zero_grad(set_to_none=True)
    module._forward_train(learner.pool.sample(4))["motion"].backward()
    reached = {name for name, p in module.world_model.named_parameters() if p.grad is not None and p.grad.abs().sum()}
    assert {name.split(".")[0] for name in reached} == {"vae", "forward_model"}


@pytest.mark.parametrize(
    ("lambdas", "ahead"),
    [
        ({}, 4),
        ({"lambda_motion": 0.0}, 0),
        ({"lambda_vae": 1.0, "lambda_mdn": 1.0, "lambda_inverse": 1.0}, 0),
        ({"lambda_vae": 1.0, "lambda_mdn": 1.0, "lambda_inverse": 1.0, "lambda_motion": 2.0}, 4),
        ({"lambda_motion": 5.0}, 4),
    ],
)
def test_there_is_a_motion_model_where_it_has_a_weight(lambdas: dict[str, float], ahead: int) -> None:
    settings = SETTINGS.model_copy(update=lambdas)
    assert settings.motion_ahead == ahead
    learner, _ = _learner(settings)
    learner.start(None)
    _learn(learner, 11)
    model = _motion_model(learner)
    assert (model.ahead if model else 0) == ahead
    metrics = learner.get_metrics()
    assert (metrics["world_model_loss_motion"] > 0) == bool(ahead)
    if "lambda_motion" in lambdas:
        assert metrics["lambda_motion"] == lambdas["lambda_motion"]


def test_a_learner_of_before_goes_on_without_a_motion_model() -> None:
    """Its state does not know of one."""
    settings = SETTINGS.model_copy(update={"lambda_motion": 0.0})
    old, _ = _learner(settings)
    old.start(None)
    _learn(old, 4)
    state = old.get_state()
    del state["lambdas"]["motion"], state["losses"]["motion"]
    for record in state["measurement"]:
        del record["motion"]
    resumed, _ = _learner(settings)
    resumed.start(state)
    assert resumed.get_metrics()["world_model_loss"] > 0
    assert resumed.get_metrics()["lambda_motion"] == 0
    _learn(resumed, 8)
    assert resumed.get_metrics()["lambda_motion"] == 0


def test_a_frozen_world_model_does_not_move() -> None:
    learner, _ = _learner(SETTINGS.model_copy(update={"freeze_after": 3}))
    learner.start(None)
    _learn(learner, 3)
    before = learner.weights()
    learner.add(_moving_square(8, 8, 9))
    assert not learner.update()
    assert all(np.array_equal(before[name], after) for name, after in learner.weights().items())


def test_the_progress_model_learns_without_touching_the_world_model() -> None:
    """The progress loss has a gradient for the progress model only, and the joint loss none for it."""
    learner, _ = _learner()
    module = learner._group._learner.module["default_policy"].unwrapped()
    module.set_lagged(learner.weights())
    with torch.no_grad():
        for parameter in module.world_model.progress_model.parameters():
            parameter.add_(0.1)
    learner.add(_moving_square(4, 8, 0))
    out = module._forward_train(learner.pool.sample(4))
    out["progress"].backward(retain_graph=True)
    reached = {name for name, p in module.world_model.named_parameters() if p.grad is not None and p.grad.abs().sum()}
    assert reached == {name for name, _ in module.world_model.named_parameters() if "progress_model" in name}
    module.zero_grad(set_to_none=True)
    (out["vae"] + out["mdn"] + out["inverse"]).backward()
    reached = {name for name, p in module.world_model.named_parameters() if p.grad is not None and p.grad.abs().sum()}
    assert reached == {name for name, _ in module.world_model.named_parameters() if "progress_model" not in name}


def test_a_resumed_learner_goes_on_exactly(tmp_path: Path) -> None:
    original, _ = _learner()
    original.start(None)
    _learn(original, 12)
    save_tree(tmp_path, "state", original.get_state())
    resumed, publisher = _learner(seed=5)
    resumed.start(load_tree(tmp_path, "state"))
    assert publisher.published[0][1] == 12
    # The pool is not kept: both see the same new sequences only.
    original.pool = type(original.pool)(64, 8, SPEC, torch.device("cpu"), 0)
    original.pool.set_state(resumed.pool.get_state())
    torch_state = torch.get_rng_state()
    for learner in (original, resumed):
        torch.set_rng_state(torch_state)
        for seed in range(3):
            learner.add(_moving_square(4, 8, seed))
        while learner.update():
            continue
    assert original.updates == resumed.updates == 15
    theirs = resumed.weights()
    # But for the progress model: there is no lagged version for a publisher that begins anew.
    same = {name for name, array in original.weights().items() if np.array_equal(theirs[name], array)}
    assert same >= {name for name in theirs if "progress_model" not in name}
    for name in ("world_model_loss", "lambda_vae", "lambda_mdn", "world_model_learning_rate", "sequences_total"):
        assert original.get_metrics()[name] == resumed.get_metrics()[name], name


class _Failing(Publisher):
    def __call__(self, weights: Weights, updates: int, digest: str) -> tuple[int, Published | None]:
        if updates:
            raise ConnectionError("the store is gone")
        return super().__call__(weights, updates, digest)


@pytest.fixture
def make_loop() -> Callable[[Publisher], LearnerLoop]:
    def make(publisher: Publisher) -> LearnerLoop:
        return LearnerLoop(SPEC, SETTINGS, publisher, 0)

    return make


def test_the_loop_learns_while_sequences_come_in(make_loop: Callable[[Publisher], LearnerLoop]) -> None:
    loop = make_loop(Publisher())
    loop.start()
    for seed in range(4):
        loop.add(_moving_square(4, 8, seed))
    deadline = threading.Event()
    for _ in range(600):
        if loop.get_metrics()["world_model_updates_total"] == 4:
            break
        deadline.wait(0.1)
    assert loop.get_metrics()["world_model_updates_total"] == 4
    loop.stop()
    assert not loop._thread.is_alive()


def test_an_error_in_the_loop_is_raised_by_the_next_call(make_loop: Callable[[Publisher], LearnerLoop]) -> None:
    loop = make_loop(_Failing())
    loop.start()
    loop.add(_moving_square(12, 8, 0))
    loop._thread.join(60)
    with pytest.raises(RuntimeError, match="the store is gone"):
        loop.get_metrics()
    loop.stop()


def _gradients(learner: WorldModelLearner, scale: float) -> dict[str, float]:
    """Applies all gradients = scale; how far the first element of each parameter moved."""
    inner = learner._group._learner
    before = learner.weights()
    for parameter in inner._params.values():
        parameter.grad = torch.full_like(parameter, scale)
    inner.apply_gradients({ref: p.grad for ref, p in inner._params.items()})
    return {name: float(np.abs(array - before[name]).max()) for name, array in learner.weights().items()}


def test_gradients_that_are_not_finite_make_no_step_and_do_no_harm() -> None:
    learner, _ = _learner()
    metrics = learner._group._learner.metrics
    for scale in (float("nan"), float("inf")):
        assert set(_gradients(learner, scale).values()) == {0.0}
        assert metrics.peek(("default_policy", STEPPED)) == 0
    assert min(_gradients(learner, 1.0).values()) > 0
    assert metrics.peek(("default_policy", STEPPED)) == 1


def test_gradients_are_clipped_by_the_norm_of_all_of_an_optimisers() -> None:
    learner, _ = _learner()
    for scale in (1e-3, 10.0):
        _gradients(learner, scale)
        inner = learner._group._learner
        for name in ("joint", "progress"):
            parameters = inner.get_optimizer("default_policy", name).param_groups[0]["params"]
            count = sum(p.numel() for p in parameters)
            expected = min(scale, 1000.0 / count**0.5)
            for parameter in parameters:
                torch.testing.assert_close(parameter.grad, torch.full_like(parameter, expected), rtol=1e-3, atol=0)
