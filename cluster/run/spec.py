"""The sizes of a run's world model."""

from actors.games.games import actions_of
from actors.games.levels import Level
from cluster.config.config import TrainConfig
from world_model.spec import WorldModelSpec, preset_spec


def run_spec(config: TrainConfig, levels: list[Level]) -> WorldModelSpec:
    """Returns the sizes of the run's world model."""
    actions = len(actions_of(levels[0].game))
    policy = config.policy
    perceptron = policy.sees_grid is None and (policy.network is not None or config.algorithm == "appo")
    return preset_spec(
        config.preset,
        actions,
        config.emulator.observation_size,
        config.world_model.gaze,
        policy.sees_change,
        False if perceptron else policy.sees_grid,
    )
