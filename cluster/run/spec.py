"""The sizes of a run's world model."""

from actors.games.games import actions_of
from actors.games.levels import Level
from cluster.config.config import TrainConfig
from world_model.spec import WorldModelSpec, preset_spec


def run_spec(config: TrainConfig, levels: list[Level]) -> WorldModelSpec:
    """Returns the sizes of the run's world model."""
    actions = len(actions_of(levels[0].game))
    return preset_spec(
        config.preset,
        actions,
        config.emulator.observation_size,
        config.world_model.gaze,
        config.policy.sees_change,
    )
