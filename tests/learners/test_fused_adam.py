import subprocess
import sys

import torch

from learners.fused_adam import FusedAdam

ITS_LIFE = """
import sys, torch
from learners.fused_adam import FusedAdam
parameters = [torch.nn.Parameter(torch.ones(3))]
optimizer = FusedAdam(parameters)
parameters[0].sum().backward()
optimizer.step()
optimizer.zero_grad()
FusedAdam(parameters).load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""


def test_it_steps_as_torch_s_does() -> None:
    torch.manual_seed(0)
    start, gradients = torch.randn(8, 4), torch.randn(5, 8, 4)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    for parameter, optimizer in ((ours, FusedAdam([ours])), (theirs, torch.optim.Adam([theirs], fused=True))):
        for gradient in gradients:
            optimizer.zero_grad()
            (parameter * gradient).sum().backward()
            optimizer.step()
    assert torch.equal(ours, theirs)
    assert not torch.equal(ours, start)


def test_it_goes_on_as_plain_adam_after_its_state_was_saved_in_another_layout() -> None:
    """Channels-last parameters, whose moments come back from a file in the default layout."""
    torch.manual_seed(0)
    start = torch.randn(8, 4, 5, 5)
    gradients = torch.randn(6, 8, 4, 5, 5)
    ours, plain = (torch.nn.Parameter(start.clone(memory_format=torch.channels_last)) for _ in range(2))
    fused, adam = FusedAdam([ours]), torch.optim.Adam([plain])
    for i, gradient in enumerate(gradients):
        if i == 3:
            state = fused.state_dict()
            state["state"] = {
                key: {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in values.items()}
                for key, values in state["state"].items()
            }
            fused = FusedAdam([ours])
            fused.load_state_dict(state)
        for parameter, optimiser in ((ours, fused), (plain, adam)):
            parameter.grad = gradient.to(memory_format=torch.channels_last)
            optimiser.step()
    torch.testing.assert_close(ours, plain)
    assert not torch.allclose(ours, start, atol=1e-3)


def test_no_compiler_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", ITS_LIFE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
