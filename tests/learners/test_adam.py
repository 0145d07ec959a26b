import subprocess
import sys

import torch

from learners.adam import Adam

# Of either kind.
ITS_LIFE = """
import sys, torch
from learners.fused_adam import FusedAdam
from learners.adam import Adam
for kind in (Adam, FusedAdam):
    parameters = [torch.nn.Parameter(torch.ones(3))]
    optimizer = kind(parameters)
    parameters[0].sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    kind(parameters).load_state_dict(optimizer.state_dict())
print("torch._dynamo" in sys.modules)
"""


def test_it_steps_as_torch_s_does() -> None:
    torch.manual_seed(0)
    start, gradients = torch.randn(8, 4), torch.randn(5, 8, 4)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    for parameter, optimizer in ((ours, Adam([ours])), (theirs, torch.optim.Adam([theirs]))):
        for gradient in gradients:
            optimizer.zero_grad()
            (parameter * gradient).sum().backward()
            optimizer.step()
    assert torch.equal(ours, theirs)
    assert not torch.equal(ours, start)


def test_no_compiler_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", ITS_LIFE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
