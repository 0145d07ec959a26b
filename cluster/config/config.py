"""The configuration of a run, composed of the settings of its packages."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from actors.emulation.settings import EmulatorSettings
from actors.rollout.settings import CuriosityKind, RewardSettings
from cluster.config.home import path_at_home
from learners.settings import AlgorithmName, PolicySettings, WorldModelSettings
from world_model.section import MOST_SECONDS, MOST_SEED, MOST_STEPS, Section
from world_model.spec import Preset


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


class WatchdogSettings(Section):
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
    preset: Preset = Field("small", description="Sizes of the world model.")
    curiosity: CuriosityKind = Field(
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
    algorithm: AlgorithmName = Field("ppo", description="Policy algorithm; plain ppo samples while it learns.")
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
    emulator: EmulatorSettings = EmulatorSettings()
    reward: RewardSettings = RewardSettings()
    world_model: WorldModelSettings = WorldModelSettings()
    policy: PolicySettings = PolicySettings()
    checkpoint: CheckpointConfig = CheckpointConfig()
    resources: ResourcesConfig = ResourcesConfig()
    watchdog: WatchdogSettings = WatchdogSettings()

    @field_validator("runs_dir", "init")
    @classmethod
    def _at_home(cls, path: Path | None) -> Path | None:
        return path and path_at_home(path)
