"""The configuration of a run: every field with its meaning, default and bounds."""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from cluster.config.bounds import MOST_SECONDS, MOST_SEED, MOST_STEPS, MOST_WEIGHT
from cluster.config.home import path_at_home
from cluster.config.whole import as_whole
from world_model.own_class import is_own

MOST_UNITS = 16_384
"""Of a layer of the policy."""
Positive = Annotated[int, Field(gt=0, le=MOST_UNITS)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _written_with_an_exponent(cls, value: object, about: ValidationInfo) -> object:
        """What is 1e6 on the command line YAML takes for text."""
        if about.field_name is None or not _is_of_whole_numbers(cls.model_fields[about.field_name].annotation):
            return value
        return [as_whole(each) for each in value] if isinstance(value, list | tuple) else as_whole(value)


def _is_of_whole_numbers(kind: Any) -> bool:
    return kind is int or any(map(_is_of_whole_numbers, get_args(kind)))


CURIOSITIES = ("first_visits", "learning_progress", "prediction_error", "none")


def _is_curiosity(name: str) -> str:
    if name in CURIOSITIES or is_own(name):
        return name
    raise PydanticCustomError("curiosity", f"it must be {', '.join(CURIOSITIES)}, or MODULE:CLASS")


def _is_class(name: str) -> str:
    if is_own(name):
        return name
    raise PydanticCustomError("own_class", "it must be MODULE:CLASS")


Curiosity = Annotated[str, AfterValidator(_is_curiosity)]
OwnClass = Annotated[str, AfterValidator(_is_class)]

EmulatorKind = Literal["local", "gym-remote", "native"]


class EmulatorConfig(Section):
    kind: EmulatorKind = Field(
        "local",
        description="Emulators of our own, hosts that speak gym-remote, or Windup compiled for this machine, which"
        " gives the same frames faster. Short: --emulator native.",
    )
    host_command: str | None = Field(
        None,
        description="Starts a gym-remote host; {game}, {state}, {dir} and {seed} are replaced. With {state} one is"
        " started for each change of level. None: this Python with stable-retro.",
    )
    observation_size: Literal[64, 128] | None = Field(
        None, description="Side of the frames the world model sees, in pixels. None: the preset's."
    )
    sticky_probability: float = Field(
        0.25, ge=0, le=1, description="Chance that a step's first frame repeats the previous action."
    )
    max_episode_steps: int = Field(
        4500, gt=0, le=MOST_STEPS, description="Steps after which an episode is cut (4 frames each)."
    )
    max_episode_seconds: float | None = Field(
        None, gt=0, le=MOST_SECONDS, description="Wall-clock seconds after which an episode is cut. None: no limit."
    )
    stuck_steps: int | None = Field(
        300,
        gt=0,
        le=MOST_STEPS,
        description="In training, an episode is cut whose return has not risen above its highest for so many steps."
        " None: never.",
    )
    exact: bool = Field(False, description="Read the game's variables and screen on every frame, not only as needed.")
    timeout_s: float = Field(
        3.0,
        gt=0,
        le=MOST_SECONDS,
        description="An emulator step slower than this counts as hung. Without meaning for native.",
    )


class RewardConfig(Section):
    extrinsic_scale: float = Field(0.01, ge=0, le=MOST_WEIGHT, description="Multiplies the game's reward.")
    rises_only: bool = Field(
        False,
        description="The game's reward counts only where it lifts the episode's return above its highest so far: to"
        " turn back costs nothing.",
    )
    curiosity_share: float = Field(
        0.2, ge=0, lt=1, description="Of the sizes of all rewards, that curiosity's have; it is weighed to reach it."
    )
    boredom_threshold: float = Field(
        0.0, ge=0, le=MOST_WEIGHT, description="Subtracted from curiosity first, in units of its mean size."
    )


class WorldModelConfig(Section):
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


class PolicyConfig(Section):
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
    hidden: tuple[Positive, ...] = Field((256, 256), max_length=16, description="Units of the hidden layers.")
    network: OwnClass | None = Field(
        None,
        description="MODULE:CLASS, a class of your own that makes the networks of policy and value. None: perceptrons"
        " with `hidden` units.",
    )


class CheckpointConfig(Section):
    every_seconds: float = Field(60.0, gt=0, le=MOST_SECONDS, description="Seconds between two checkpoints.")
    keep: int = Field(3, gt=0, le=10**6, description="Newest checkpoints that are kept, beside the best.")


class ActorResources(Section):
    cpus: float = Field(1.0, ge=0, le=4096, description="CPUs that Ray sets aside for each.")
    custom: dict[str, Annotated[float, Field(gt=0, le=10**9)]] = Field(
        {}, description="Custom resources by name, for nodes that are marked with them."
    )


class LearnerResources(ActorResources):
    gpus: float | None = Field(
        None,
        ge=0,
        le=10**6,
        description="GPUs. None: one of the cluster's; a half if there is one only; 0 if there is none.",
    )
    memory_gib: float = Field(0.0, ge=0, le=10**6, description="GiB of memory that Ray sets aside.")


class ResourcesConfig(Section):
    rollout_actor: ActorResources = ActorResources()
    world_model_learner: LearnerResources = LearnerResources()
    ppo_learner: LearnerResources = LearnerResources()


class WatchConfig(Section):
    silence_seconds: float = Field(
        60.0,
        gt=0,
        le=MOST_SECONDS,
        description="A part that gives no sign of life for so long is replaced. No update may take longer.",
    )


class TrainConfig(Section):
    steps: int = Field(
        200_000, gt=0, le=MOST_STEPS, description="Steps to train, over all resumes (1 step = 4 frames)."
    )
    name: str | None = Field(None, description="Name of the run. None: made of game and time.")
    runs_dir: Path = Field(Path("runs"), description="Folder of the runs.")
    levels: str = Field(
        "windup-train",
        description="Levels to train on, comma separated: splits, games, zones, states, or patterns with *.",
    )
    level_schedule: Literal["uniform", "round-robin", "prioritized"] = Field(
        "uniform",
        description="How episodes get their levels: drawn evenly, in turn, or most where the value function errs most.",
    )
    actors: int = Field(2, gt=0, le=10**4, description="Rollout actors.")
    emulators_per_actor: int = Field(12, gt=0, le=10**4, description="Emulators of each actor.")
    preset: Literal["light", "small", "seed"] = Field("small", description="Sizes of the world model.")
    curiosity: Curiosity = Field(
        "learning_progress",
        description="What curiosity pays for: first_visits, learning_progress, prediction_error, none, or"
        " MODULE:CLASS, a class of your own.",
    )
    init: Path | None = Field(
        None,
        description="A run's folder, a checkpoint, or `pretrained`: a new run begins with its networks. None: from"
        " nothing.",
    )
    init_parts: Literal["both", "world-model"] = Field(
        "both", description="Of --init: the world model and the policy, or the world model alone."
    )
    algorithm: Literal["ppo", "ppo-synchronous", "appo"] = Field(
        "ppo", description="Policy algorithm; plain ppo samples while it learns."
    )
    seed: int = Field(0, ge=0, le=MOST_SEED, description="Seed of all random numbers.")
    redis_url: str | None = Field(
        None,
        description="Redis for the published weights; its password may be in REDIS_PASSWORD instead of here. None: a"
        " private server in the run folder.",
    )
    address: str | None = Field(
        None, description="Ray cluster to run on: auto or HOST:PORT. None: a Ray of its own, on this machine alone."
    )
    serial: bool = Field(False, description="Everything in one process, one thing after another.")
    report: bool = Field(True, description="Write report.html into the run's folder at the end.")
    metrics_port: int = Field(0, ge=0, le=65535, description="Port of the Prometheus endpoint. 0: none.")
    metrics_host: str = Field("127.0.0.1", description="Address that the Prometheus endpoint listens on.")
    emulator: EmulatorConfig = EmulatorConfig()
    reward: RewardConfig = RewardConfig()
    world_model: WorldModelConfig = WorldModelConfig()
    policy: PolicyConfig = PolicyConfig()
    checkpoint: CheckpointConfig = CheckpointConfig()
    resources: ResourcesConfig = ResourcesConfig()
    watch: WatchConfig = WatchConfig()

    @field_validator("runs_dir", "init")
    @classmethod
    def _at_home(cls, path: Path | None) -> Path | None:
        return path and path_at_home(path)
