"""torch's Adam, at a lower price to begin with."""

import inspect

import torch


class Adam(torch.optim.Adam):
    """torch's, without its compiler.

    torch wraps these methods in a note to its compiler, and loads the compiler to leave the note: 1.3 s of a core and
    70 MB in each process that has an optimiser. Nothing here is compiled, so they are taken as torch wrote them.
    """

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    load_state_dict = inspect.unwrap(torch.optim.Optimizer.load_state_dict)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)
    # The wrapper has the gradients off meanwhile, too.
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))
