"""Settings of the learners."""

from typing import Annotated, Literal

from pydantic import Field

from world_model.section import MOST_STEPS, MOST_WEIGHT, OwnClass, Section
from world_model.spec import MOTION_STEPS

AlgorithmName = Literal["ppo", "ppo-synchronous", "appo"]
MOST_UNITS = 16_384
"""Most units of a layer of the policy."""


class WorldModelSettings(Section):
    """Section `world_model`: training and publishing of the world model."""

    learning_rate: float = Field(
        1e-3, gt=0, le=MOST_WEIGHT, description="Adam's learning rate for the world model, after the warm-up."
    )
    warm_up_updates: int = Field(
        20, ge=0, le=MOST_STEPS, description="Updates of the world model over which its learning rate rises from 0."
    )
    slow_after: int | None = Field(
        800,
        ge=0,
        le=MOST_STEPS,
        description="Updates of the world model after which its learning rate is a hundredth. None: never.",
    )
    freeze_after: int | None = Field(
        1000, ge=0, le=MOST_STEPS, description="Updates of the world model after which it learns no more. None: never."
    )
    batch_sequences: int = Field(8, gt=0, le=10**6, description="Sequences in a batch of the world-model learner.")
    sequence_length: int = Field(16, gt=1, le=10**4, description="Steps in a sequence.")
    training_ratio: float = Field(
        1.0,
        gt=0,
        le=MOST_WEIGHT,
        description="Steps that the world-model learner trains on for every sampled step. A slow learner reaches"
        " less, which the metric training_ratio shows.",
    )
    sampling_waits: bool = Field(
        True,
        description="Let sampling wait for a world-model learner that is behind the training ratio, instead of"
        " training on less.",
    )
    pool_sequences: int = Field(
        1024, gt=0, le=10**9, description="Sequences that the sequence pool holds; new ones replace the oldest."
    )
    publish_every: int = Field(
        10, gt=0, le=MOST_STEPS, description="Updates of the world model between two published versions."
    )
    lag: int = Field(
        3,
        gt=0,
        le=1000,
        description="How many versions the one that learning progress compares with is behind the newest one.",
    )
    measure_updates: int = Field(
        50,
        gt=1,
        le=10**6,
        description="Updates of the world model after which the lambdas are chosen, by the losses measured until then.",
    )
    lambda_kl: float | None = Field(
        None, ge=0, le=MOST_WEIGHT, description="Weight of the KL term in V's loss. None: as the preset has it."
    )
    moving_weight: float | None = Field(
        None,
        ge=0,
        le=MOST_WEIGHT,
        description="Extra weight, in V's loss, of pixels that differ from the frame before. None: as the preset has"
        " it.",
    )
    lambda_vae: float | None = Field(
        None,
        ge=0,
        le=MOST_WEIGHT,
        description="Weight of V's loss in the joint loss. None: all three lambdas are measured.",
    )
    lambda_mdn: float | None = Field(
        None,
        ge=0,
        le=MOST_WEIGHT,
        description="Weight of M's loss in the joint loss. None: all three lambdas are measured.",
    )
    lambda_inverse: float | None = Field(
        None,
        ge=0,
        le=MOST_WEIGHT,
        description="Weight of the inverse model's loss in the joint loss. None: all three lambdas are measured.",
    )
    lambda_motion: float | None = Field(
        0.0,
        ge=0,
        le=MOST_WEIGHT,
        description="Weight in the joint loss of the motion model's loss, which tells the player's next displacements"
        " from [z, h]. 0: there is no motion model. None: it is measured with the other lambdas, and 0 if they are"
        " given.",
    )

    gaze: bool | None = Field(
        None,
        description="Let V find the player and look there: frames are shifted so that the player is in their middle. It"
        " is learned from x, y, screen_x and screen_y where a game has these variables. None: as the networks that the"
        " run begins with have it, or else as the preset has it.",
    )

    @property
    def motion_ahead(self) -> int:
        """Steps that the motion model looks ahead; 0 if there is none."""
        given = None not in (self.lambda_vae, self.lambda_mdn, self.lambda_inverse)
        if self.lambda_motion == 0 or (self.lambda_motion is None and given):
            return 0
        return min(MOTION_STEPS, self.sequence_length // 2)


class PolicySettings(Section):
    """Section `policy`: training of the policy."""

    learning_rate: float = Field(
        5e-4, gt=0, le=MOST_WEIGHT, description="Adam's learning rate for the policy, after the warm-up."
    )
    warm_up_steps: int = Field(
        5000,
        ge=0,
        le=MOST_STEPS,
        description="Sampled steps over which the policy's learning rate rises, while the world model still changes"
        " fast.",
    )
    decay_to: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Share of the policy's learning rate that is left at the run's last step, to which it falls"
        " linearly. 1: it stays as it is.",
    )
    begins_anew: bool = Field(
        False,
        description="Let a policy that began at random begin at random again once the world model has made its last"
        " update, because of what it learned while latents kept changing.",
    )
    train_batch_steps: int = Field(
        4096, gt=0, le=10**8, description="Steps of all actors together in one iteration of the policy."
    )
    overlap: bool = Field(
        False,
        description="Let the actors sample while `ppo` learns: more steps a second where there are cores for both, but"
        " less is learned from each, for the policy that acts is an update older.",
    )
    minibatch_size: int = Field(512, gt=0, le=10**8, description="Steps in a minibatch of the policy.")
    epochs: int = Field(6, gt=0, le=1000, description="Passes of the policy's learner over a batch.")
    discount: float = Field(
        0.99, ge=0, lt=1, description="Discount factor of the return that the policy maximises, 0 to 1."
    )
    gae_lambda: float = Field(0.95, ge=0, le=1, description="Lambda of generalised advantage estimation, 0 to 1.")
    clip: float = Field(0.2, gt=0, lt=1, description="Clipping range of PPO's probability ratio.")
    entropy: float = Field(0.001, ge=0, le=MOST_WEIGHT, description="Weight of the entropy bonus in the policy's loss.")
    hidden: tuple[Annotated[int, Field(gt=0, le=MOST_UNITS)], ...] = Field(
        (256, 256), max_length=16, description="Units of each hidden layer of policy and value function."
    )
    sees_change: bool | None = Field(
        None,
        description="Let the policy see the change of z since the last frame, besides z and h. None: as the policy that"
        " the run begins with does, or else as the preset has it.",
    )
    network: OwnClass | None = Field(
        None,
        description="MODULE:CLASS, a class of your own that makes the networks of policy and value. None: perceptrons"
        " with `hidden` units.",
    )
