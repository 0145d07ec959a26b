"""Loads the world model of a checkpoint, encodes frames of the game, and looks one step ahead.

python examples/encode_frames.py [CHECKPOINT/world_model.safetensors]
"""

import sys
from pathlib import Path

import gymnasium
import torch

import windup  # noqa: F401 - registers Windup-v0
from world_model.weights import load_model

PRETRAINED = next(Path(__file__).parents[1].glob("pretrained/checkpoints/*/world_model.safetensors"))


@torch.inference_mode()
def encode(path: Path, games: int = 4) -> tuple[torch.Tensor, float]:
    """Returns latents of first frames, float [games, latent], and the mean squared error of V's reconstructions."""
    model = load_model(path).eval()
    envs = gymnasium.make_vec("Windup-v0", num_envs=games, split="train", size=model.spec.observation_size)
    frames, _ = envs.reset(seed=1)
    envs.close()
    x = model.vae.look(torch.from_numpy(frames))
    z, _ = model.vae.encode(x)
    error = float((model.vae.decode(z) - x).square().mean())

    state = model.forward_model.initial_state(games)
    right = torch.full((games,), 2)
    h, _ = model.forward_model.step(z, right, state)
    expected = model.forward_model.predict(h).expected()
    print(f"z {tuple(z.shape)}; after RIGHT M expects it to move by {float((expected - z).norm(dim=-1).mean()):.2f}")
    return z, error


if __name__ == "__main__":
    latents, squared_error = encode(Path(sys.argv[1]) if len(sys.argv) > 1 else PRETRAINED)
    print(f"{len(latents)} frames; V's mean squared error of a pixel (0 to 1): {squared_error:.4f}")
