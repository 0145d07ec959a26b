"""Adam in one pass over memory."""

from typing import Any

import torch

from learners.adam import Adam


class FusedAdam(Adam):
    """torch's fused Adam with a correct `load_state_dict`.

    Its CPU kernel reads parameters, gradients and moments in memory order. Autograd gives gradients their parameter's
    layout (channels last, here); loaded moments have lost it, and would be paired with other elements.
    """

    def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
        super().__init__(parameters, fused=True)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Loads a state as torch's Adam does; the moments get the layout of their parameters."""
        super().load_state_dict(state_dict)
        for parameter, state in self.state.items():
            for name in ("exp_avg", "exp_avg_sq"):
                state[name] = torch.empty_like(parameter).copy_(state[name])
