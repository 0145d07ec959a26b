"""Settings of the learners."""

from typing import Annotated, Literal

from pydantic import Field

from world_model.section import MOST_STEPS, MOST_WEIGHT, OwnClass, Section

AlgorithmName = Literal["ppo", "ppo-synchronous", "appo"]
MOST_UNITS = 16_384
"""Of a layer of the policy."""


class WorldModelSettings(Section):
    """Section `world_model`: how it is trained and published."""

    learning_rate: float = Field(1e-3, gt=0, le=MOST_WEIGHT, description="Adam's learning rate after the warm-up.")
    warm_up_updates: int = Field(
        20, ge=0, le=MOST_STEPS, description="Updates over which the learning rate rises from 0."
    )
    slow_after: int | None = Field(
        None, ge=0, le=MOST_STEPS, description="Updates after which the learning rate is a hundredth. None: never."
    )
    freeze_after: int | None = Field(
        None, ge=0, le=MOST_STEPS, description="Updates after which it learns no more. None: never."
    )
    batch_sequences: int = Field(8, gt=0, le=10**6, description="Sequences in a batch.")
    sequence_length: int = Field(16, gt=1, le=10**4, description="Steps in a sequence.")
    training_ratio: float = Field(
        0.25,
        gt=0,
        le=MOST_WEIGHT,
        description="Steps trained on for every step sampled; more is not done, less is reported.",
    )
    sampling_waits: bool = Field(
        False, description="Sampling waits for a learner that is behind the training ratio. False: less is trained on."
    )
    pool_sequences: int = Field(
        1024, gt=0, le=10**9, description="Sequences that the pool holds; the oldest are dropped."
    )
    publish_every: int = Field(10, gt=0, le=MOST_STEPS, description="Updates between two published versions.")
    lag: int = Field(
        3, gt=0, le=1000, description="Versions between the newest and the one learning progress compares with."
    )
    measure_updates: int = Field(50, gt=1, le=10**6, description="Updates after which the lambdas are chosen.")
    lambda_kl: float | None = Field(
        None, ge=0, le=MOST_WEIGHT, description="Weight of the KL part inside V's loss. None: the preset's."
    )
    moving_weight: float | None = Field(
        None,
        ge=0,
        le=MOST_WEIGHT,
        description="By which a pixel that differs from the frame before counts more in V's loss than one that does"
        " not. None: the preset's.",
    )
    lambda_vae: float | None = Field(
        None, ge=0, le=MOST_WEIGHT, description="Weight of V's loss. None: measured (as the other two)."
    )
    lambda_mdn: float | None = Field(None, ge=0, le=MOST_WEIGHT, description="Weight of M's loss. None: measured.")
    lambda_inverse: float | None = Field(
        None, ge=0, le=MOST_WEIGHT, description="Weight of the inverse loss. None: measured."
    )


class PolicySettings(Section):
    """Section `policy`: how it is trained."""

    learning_rate: float = Field(3e-4, gt=0, le=MOST_WEIGHT, description="Adam's learning rate after the warm-up.")
    warm_up_steps: int = Field(
        5000, ge=0, le=MOST_STEPS, description="Steps over which it rises, while the world model still moves fast."
    )
    train_batch_steps: int = Field(2048, gt=0, le=10**8, description="Steps of all actors together in one iteration.")
    minibatch_size: int = Field(256, gt=0, le=10**8, description="Steps in a minibatch.")
    epochs: int = Field(4, gt=0, le=1000, description="Passes over a batch.")
    discount: float = Field(0.99, ge=0, lt=1, description="Of the return that the policy maximises.")
    gae_lambda: float = Field(0.95, ge=0, le=1, description="Of generalised advantage estimation.")
    clip: float = Field(0.2, gt=0, lt=1, description="PPO's clipping range.")
    entropy: float = Field(0.01, ge=0, le=MOST_WEIGHT, description="Weight of the entropy bonus.")
    hidden: tuple[Annotated[int, Field(gt=0, le=MOST_UNITS)], ...] = Field(
        (256, 256), max_length=16, description="Units of the hidden layers."
    )
    network: OwnClass | None = Field(
        None,
        description="MODULE:CLASS, a class of your own that makes the networks of policy and value. None: perceptrons"
        " with `hidden` units.",
    )
