"""Adam in one pass over memory, and at a lower price to begin with."""

import inspect
from typing import Any

import torch


class FusedAdam(torch.optim.Adam):
    """torch's fused Adam, with a correct `load_state_dict`, and without torch's compiler.

    The fused kernel on CPUs reads parameters, gradients and moments in memory order. Autograd gives gradients their
    parameter's layout (channels last, in V); loaded moments have lost it, and would be paired with other elements.

    torch wraps these methods in a note to its compiler, and loads the compiler to leave the note: 1.3 s of a core and
    70 MB in each process that has an optimiser. Nothing here is compiled, so they are taken as torch wrote them.
    """

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)
    # The wrapper has the gradients off meanwhile, too.
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))

    def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
        super().__init__(parameters, fused=True)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Loads a state as torch's Adam does; the moments get the layout of their parameters."""
        inspect.unwrap(torch.optim.Optimizer.load_state_dict)(self, state_dict)
        for parameter, state in self.state.items():
            for name in ("exp_avg", "exp_avg_sq"):
                state[name] = torch.empty_like(parameter).copy_(state[name])
