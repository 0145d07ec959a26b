"""The world model: V, M, the inverse model and the progress model, with their losses."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from world_model import losses
from world_model.forward_model import ForwardModel
from world_model.gaze import Finder, recoloured
from world_model.inverse_model import InverseModel
from world_model.light_vae import LightVAE
from world_model.motion_model import MotionModel
from world_model.progress_model import ProgressModel
from world_model.spec import WorldModelSpec
from world_model.vae import VAE, GaussianAutoencoder, images

_VISION: dict[str, Callable[[int, int], GaussianAutoencoder]] = {"paper": VAE, "light": LightVAE}
_DECODED_EVERY = 4
"""Of the frames of a sequence, which look nearly alike, one in so many is decoded: to decode all of them takes half of
an update's time, and V learned no more from it."""
_FOUND_EVERY = 2
"""The finder learns from one frame in so many: its network is small, and there is much to learn."""
LEAST_SURPRISE = 1e-3
"""Lower bound of surprise, so that its logarithm is finite even where a version predicts perfectly."""


class Losses(NamedTuple):
    """The parts of the joint loss on one batch, before lambdas: scalars."""

    reconstruction: Tensor
    kl: Tensor
    mdn: Tensor
    inverse: Tensor
    motion: Tensor
    """0 without a motion model, and where no position is known."""
    gaze: Tensor
    """Trains the finder alone, apart from the joint loss. 0 without one, and where no place on the screen is known."""


class Scores(NamedTuple):
    """A frozen version's scores of B sequences of T transitions."""

    surprise: Tensor
    """[B, T], LEAST_SURPRISE or more: reconstruction + KL of the next frame + MDN loss above its lower bound."""
    z: Tensor
    """[B, T, latent], V's encoding before the action."""
    h: Tensor
    """[B, T, hidden], M's state after the action."""


class Encoding(NamedTuple):
    """V's encodings of the frames of B sequences of T steps."""

    x: Tensor
    """float [B, T + 1, 3, S, S] in [0, 1], what V looks at."""
    mean: Tensor
    """[B, T + 1, latent], mean of the posterior; logvar has the same shape."""
    logvar: Tensor

    def head(self, sequences: int) -> "Encoding":
        """Returns the encoding of the first sequences only, without gradient."""
        return Encoding(*(field[:sequences].detach() for field in self))


class WorldModel(nn.Module):
    """V encodes frames to z, M predicts the next z from z, action and h, the inverse model infers the action."""

    def __init__(self, spec: WorldModelSpec) -> None:
        super().__init__()
        self.spec = spec
        self.vae: GaussianAutoencoder = _VISION[spec.vision](spec.observation_size, spec.latent)
        self.forward_model = ForwardModel(spec.latent, spec.actions, spec.hidden, spec.mixtures)
        self.inverse_model = InverseModel(spec.latent, spec.actions, spec.inverse_hidden)
        self.progress_model = ProgressModel(spec.features)
        self.vae.finder = Finder() if spec.gaze else None
        # Channels-last convolutions are the faster ones on CPUs and on GPUs with tensor cores.
        convert_conv2d_weight_memory_format(self.vae, torch.channels_last)

    def encode(self, frames: Tensor, places: Tensor | None = None) -> Encoding:
        """Encodes every frame.

        Args:
            frames: uint8 [B, T + 1, S, S, 3].
            places: float [B, T + 1, 2], as in `Sequences`; None: the player is found.
        """
        shape = frames.shape[:2]
        x = self.vae.look(frames.flatten(0, 1), None if places is None else places.flatten(0, 1))
        return Encoding(*(field.unflatten(0, shape) for field in (x, *self.vae.encode(x))))

    def losses(
        self,
        batch: Mapping[str, Tensor],
        encoding: Encoding | None = None,
        moving_weight: float = 0.0,
        motion_model: MotionModel | None = None,
    ) -> Losses:
        """Returns the parts of the joint loss.

        V is trained by its own loss, by M's loss on z (not on the next z, which would reward an encoding that is easy
        to predict) and by the inverse loss on both; M by its own loss; both by the motion loss. The progress model is
        not part of it.

        Args:
            batch: the arrays of `world_model.sequences.Sequences` as tensors, B sequences of T steps.
            encoding: of the batch's frames by these weights, if it is computed already.
            moving_weight: extra weight of pixels that differ from the frame before.
            motion_model: predicts the player's displacements from [z, h].
        """
        actions, first = batch["actions"], batch["first"]
        transition = ~first[:, 1:]

        # V encodes all B x (T + 1) frames, and decodes some.
        x, mean, logvar = encoding or self.encode(batch["frames"], batch.get("places"))
        z = self.vae.sample(mean, logvar)
        weights = losses.moving_pixels(x, first) * moving_weight + 1 if moving_weight else None
        begin = int(torch.randint(min(_DECODED_EVERY, x.shape[1]), ()))
        decoded = slice(begin, None, _DECODED_EVERY)
        reconstruction = losses.reconstruction_loss(
            self._decode(z[:, decoded]), x[:, decoded], None if weights is None else weights[:, decoded]
        ).mean()
        kl = losses.kl_loss(mean, logvar).mean()

        # M along each sequence, from the state that the actor had.
        h = self.forward_model.unroll(z[:, :-1], actions, first[:, :-1], _state(batch))
        mixture = self.forward_model.predict(h)
        mdn = losses.masked_mean(losses.mdn_loss(mixture, z[:, 1:].detach()), transition)

        # The action from z and the next z, as V has them.
        logits = self.inverse_model(z[:, :-1], z[:, 1:])
        inverse = losses.masked_mean(losses.inverse_loss(logits, actions), transition)

        # Where the player goes, from [z, h] and the next actions.
        motion = torch.zeros((), device=z.device)
        if motion_model is not None:
            motion = motion_model.loss(z, h, actions, batch["positions"], first)

        # Where the player is, from frames that are not shifted.
        gaze = torch.zeros((), device=z.device)
        if self.vae.finder is not None:
            frames, places = (batch[name][:, 1::_FOUND_EVERY].flatten(0, 1) for name in ("frames", "places"))
            gaze = self.vae.finder.loss(recoloured(self.vae.finder.reduced(images(frames)), places), places)
        return Losses(reconstruction, kl, mdn, inverse, motion, gaze)

    @torch.no_grad()
    def score(self, batch: Mapping[str, Tensor], encoding: Encoding | None = None) -> Scores:
        """Returns the loss of each transition, without sampling: z is the posterior mean. Arguments as for `losses`."""
        actions, first = batch["actions"], batch["first"]
        x, z, logvar = encoding or self.encode(batch["frames"], batch.get("places"))
        # The frame before the first action needs only its encoding, no loss.
        next_z = z[:, 1:]
        vae = losses.reconstruction_loss(self._decode(next_z), x[:, 1:]) + losses.kl_loss(next_z, logvar[:, 1:])
        h = self.forward_model.unroll(z[:, :-1], actions, first[:, :-1], _state(batch))
        mdn = losses.mdn_loss(self.forward_model.predict(h), next_z)
        above_bound = mdn - self.spec.latent * losses.LEAST_MDN_LOSS
        return Scores((vae + above_bound).clamp(min=LEAST_SURPRISE), z[:, :-1], h)

    def _decode(self, z: Tensor) -> Tensor:
        """Decodes [B, T, latent] to [B, T, 3, S, S]."""
        return self.vae.decode(z.flatten(0, 1)).unflatten(0, z.shape[:2])


def learning_progress(newest: Scores, lagged: Scores) -> Tensor:
    """Returns log(surprise of the lagged version / surprise of the newest), [B, T]: above 0 after an improvement."""
    return torch.log(lagged.surprise) - torch.log(newest.surprise)


def _state(batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    return batch["state"][:, 0].contiguous(), batch["state"][:, 1].contiguous()
