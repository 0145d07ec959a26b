"""Methods that Stable-Baselines3 requires of vector environments, for games that are no objects of their own."""

from collections.abc import Sequence
from typing import Any

import gymnasium
from stable_baselines3.common.vec_env import VecEnv


class Together(VecEnv):
    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Returns an attribute, which is equal for all games: the render mode."""
        return [getattr(self, attr_name, None) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError("the games have no attributes of their own")

    def env_method(self, method_name: str, *arguments: Any, indices: Any = None, **keywords: Any) -> list[Any]:
        raise AttributeError("the games have no methods of their own")

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: Any = None) -> Sequence[bool]:
        return [False for _ in self._get_indices(indices)]
