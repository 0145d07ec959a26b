"""The base of all sections of a run's configuration, without torch and ray."""

from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from world_model.own_class import is_own
from world_model.whole import as_whole

MOST_SEED = 2**64 - 1
MOST_STEPS = 10**15
"""Bound of numbers of steps, which is exact as a float, too."""
MOST_WEIGHT = 1e6
"""Bound of rates, scales and weights of losses, far below float32's overflow, and far above any use."""
MOST_SECONDS = 1e6
"""Bound of times in seconds: more than 11 days. System calls cannot wait for twice as long."""


def _is_class(name: str) -> str:
    if is_own(name):
        return name
    raise PydanticCustomError("own_class", "it must be MODULE:CLASS")


OwnClass = Annotated[str, AfterValidator(_is_class)]
"""The name of a user's own class; see `world_model.own_class`."""


class Section(BaseModel):
    """A section. Each field is declared with description, default and bounds, for flags and YAML alike."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _written_with_an_exponent(cls, value: object, about: ValidationInfo) -> object:
        """Converts whole numbers such as 1e6, which YAML reads as text."""
        if about.field_name is None or not _is_of_whole_numbers(cls.model_fields[about.field_name].annotation):
            return value
        return [as_whole(each) for each in value] if isinstance(value, list | tuple) else as_whole(value)


def _is_of_whole_numbers(kind: Any) -> bool:
    return kind is int or any(map(_is_of_whole_numbers, get_args(kind)))
