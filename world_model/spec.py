"""The sizes of a world model, and the presets."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Preset = Literal["light", "small", "seed"]
Vision = Literal["paper", "light"]


@dataclass(frozen=True)
class WorldModelSpec:
    """Sizes of V, M and the inverse model.

    Attributes:
        actions: number of discrete actions.
        observation_size: frames are [observation_size, observation_size, 3]; 64 or 128.
        latent: dimensions of z.
        hidden: units of the LSTM in M, the dimensions of h.
        mixtures: Gaussians per latent dimension in M's output.
        inverse_hidden: units of the inverse model's hidden layer.
        vision: V's networks: the World Models paper's (`world_model.vae`), or light ones (`world_model.light_vae`).
        gaze: V finds the player and looks there (`world_model.gaze`).
        sees_change: the policy sees the change of z since the last frame, too.
    """

    actions: int
    observation_size: int = 64
    latent: int = 32
    hidden: int = 256
    mixtures: int = 5
    inverse_hidden: int = 128
    vision: Vision = "paper"
    gaze: bool = False
    sees_change: bool = False

    @property
    def features(self) -> int:
        """Dimensions of [z, h]."""
        return self.latent + self.hidden

    @property
    def observation(self) -> int:
        """Dimensions of what policy and value function see; see `world_model.latents`."""
        return self.features + self.latent * self.sees_change

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


MOTION_STEPS = 8
"""Most steps that the motion model looks ahead."""

PRESETS: dict[str, dict[str, Any]] = {
    "light": {
        "observation_size": 64,
        "latent": 128,
        "hidden": 256,
        "inverse_hidden": 128,
        "vision": "light",
        "gaze": True,
        "sees_change": True,
    },
    # The World Models paper.
    "small": {"observation_size": 64, "latent": 32, "hidden": 256, "inverse_hidden": 128},
    # The 2018 entry world-models-sonic-pytorch.
    "seed": {"observation_size": 128, "latent": 512, "hidden": 1024, "inverse_hidden": 64},
}


@dataclass(frozen=True)
class Sight:
    """Weights within V's loss.

    Attributes:
        lambda_kl: weight of the KL part.
        moving_weight: extra weight of pixels that differ from the frame before.
    """

    lambda_kl: float
    moving_weight: float


SIGHT: dict[Vision, Sight] = {"light": Sight(0.1, 0.0), "paper": Sight(1.0, 0.0)}
"""Weights within V's loss, by its networks. With a unit-variance decoder, KL weight 1 erases details."""


def preset_spec(
    preset: str,
    actions: int,
    observation_size: int | None = None,
    gaze: bool | None = None,
    sees_change: bool | None = None,
) -> WorldModelSpec:
    """Returns the spec of a preset; fields that are given replace the preset's.

    Raises:
        KeyError: the preset is not in PRESETS.
    """
    given = {"observation_size": observation_size, "gaze": gaze, "sees_change": sees_change}
    fields = {name: value for name, value in given.items() if value is not None}
    return WorldModelSpec(actions=actions, **PRESETS[preset] | fields)
