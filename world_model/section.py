"""A section of a run's configuration: what the settings of every package have in common. Neither torch nor ray."""

from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from world_model.own_class import is_own
from world_model.whole import as_whole

MOST_SEED = 2**64 - 1
MOST_STEPS = 10**15
"""Exact as a float, too."""
MOST_WEIGHT = 1e6
"""Bound of rates, scales and weights of losses: float32 overflows far above it, and nothing learns there."""
MOST_SECONDS = 1e6
"""Bound of times: more than 11 days. A system call cannot wait for twice as long."""


def _is_class(name: str) -> str:
    if is_own(name):
        return name
    raise PydanticCustomError("own_class", "it must be MODULE:CLASS")


OwnClass = Annotated[str, AfterValidator(_is_class)]
"""The name of a class that users bring along; see `world_model.own_class`."""


class Section(BaseModel):
    """Each field is declared with meaning, default and bounds; by these it is a flag and a line of YAML, too."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _written_with_an_exponent(cls, value: object, about: ValidationInfo) -> object:
        """What is 1e6 on the command line YAML takes for text."""
        if about.field_name is None or not _is_of_whole_numbers(cls.model_fields[about.field_name].annotation):
            return value
        return [as_whole(each) for each in value] if isinstance(value, list | tuple) else as_whole(value)


def _is_of_whole_numbers(kind: Any) -> bool:
    return kind is int or any(map(_is_of_whole_numbers, get_args(kind)))
