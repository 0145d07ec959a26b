"""Settings of rollout actors."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from world_model.own_class import is_own
from world_model.section import MOST_WEIGHT, Section

CURIOSITIES = ("first_visits", "learning_progress", "prediction_error", "none")


def _is_curiosity(name: str) -> str:
    if name in CURIOSITIES or is_own(name):
        return name
    raise PydanticCustomError("curiosity", f"it must be {', '.join(CURIOSITIES)}, or MODULE:CLASS")


CuriosityKind = Annotated[str, AfterValidator(_is_curiosity)]
"""One of CURIOSITIES, or MODULE:CLASS of an `actors.rollout.curiosity.OwnSignal`."""


class RewardSettings(Section):
    """Section `reward`: what the policy is paid."""

    extrinsic_scale: float = Field(0.002, ge=0, le=MOST_WEIGHT, description="Factor on the game's reward.")
    rises_only: bool = Field(
        True,
        description="Pay the game's reward only where it lifts the episode's return above its highest so far: to turn"
        " back costs nothing.",
    )
    curiosity_share: float = Field(
        0.2,
        ge=0,
        lt=1,
        description="Curiosity's share of the reward, 0 to 1, by sums of absolute values; curiosity is weighed so"
        " that it is reached.",
    )
    boredom_threshold: float = Field(
        0.0, ge=0, le=MOST_WEIGHT, description="Subtracted from the curiosity signal, in units of its mean size."
    )
