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
    keep: int = Field(3, gt=0, le=10**6, description="Newest checkpoints that are kept; the best one is kept, too.")


class ActorResources(Section):
    cpus: float = Field(1.0, ge=0, le=4096, description="CPUs that Ray reserves for each such process.")
    custom: dict[str, Annotated[float, Field(gt=0, le=10**9)]] = Field(
        {},
        description="Custom Ray resources that each such process needs, by name: it runs only on nodes that offer"
        " them.",
    )


class LearnerResources(ActorResources):
    gpus: float | None = Field(
        None,
        ge=0,
        le=10**6,
        description="GPUs for the learner. None: one, if the cluster has two or more; half of one, if it has one;"
        " else 0.",
    )
    memory_gib: float = Field(0.0, ge=0, le=10**6, description="GiB of memory that Ray reserves for the learner.")


class ResourcesConfig(Section):
    rollout_actor: ActorResources = ActorResources()
    world_model_learner: LearnerResources = LearnerResources()
    ppo_learner: LearnerResources = LearnerResources()


class WatchdogSettings(Section):
    silence_seconds: float = Field(
        60.0,
        gt=0,
        le=MOST_SECONDS,
        description="Seconds without a sign of life after which a learner, a server or a rollout actor is replaced."
        " An update must not take longer.",
    )


class TrainConfig(Section):
    steps: int = Field(200_000, gt=0, le=MOST_STEPS, description="Steps to train, over all resumes; 1 step = 4 frames.")
    name: str | None = Field(None, description="Name of the run, and of its folder. None: made of game and time.")
    runs_dir: Path = Field(Path("runs"), description="Folder that holds the runs' folders.")
    levels: str = Field(
        "windup-train",
        description="Levels to train on, comma separated: splits, games, zones, states, or patterns with *.",
    )
    level_schedule: Literal["uniform", "round-robin", "prioritized"] = Field(
        "uniform",
        description="How episodes get their levels. uniform: drawn evenly; round-robin: in turn; prioritized: more"
        " often where the value function errs more.",
    )
    actors: int = Field(2, gt=0, le=10**4, description="Number of rollout actors.")
    emulators_per_actor: int = Field(12, gt=0, le=10**4, description="Number of emulators of each rollout actor.")
    preset: Preset = Field(
        "light",
        description="Sizes of the world model. light: cheap to encode; small: the World Models paper's; seed: the"
        " 2018 contest entry's.",
    )
    curiosity: CuriosityKind = Field(
        "first_visits",
        description="What curiosity pays for: first_visits, learning_progress, prediction_error, none, or"
        " MODULE:CLASS, a class of your own.",
    )
    init: Path | None = Field(
        None,
        description="Networks that a new run begins with: a run's folder, a checkpoint, or `pretrained`. None: random"
        " ones.",
    )
    init_parts: Literal["both", "world-model"] = Field(
        "both", description="Which networks of --init: world model and policy, or the world model alone."
    )
    algorithm: AlgorithmName = Field(
        "ppo",
        description="Algorithm of the policy. ppo: takes samples as they come; ppo-synchronous: RLlib's own, which"
        " waits for all actors; appo: asynchronous.",
    )
    seed: int = Field(0, ge=0, le=MOST_SEED, description="Seed of all random numbers of the run.")
    redis_url: str | None = Field(
        None,
        description="URL of a Redis for the published weights; its password may be in REDIS_PASSWORD instead. None: a"
        " private server in the run's folder.",
    )
    address: str | None = Field(
        None, description="Ray cluster to run on: auto or HOST:PORT. None: a Ray of the run's own, on this machine."
    )
    serial: bool = Field(
        False, description="Run everything in one process, one thing after another, reproducibly by seed."
    )
    report: bool = Field(True, description="Write report.html into the run's folder at the end.")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="TCP port of the run's Prometheus endpoint. 0: no endpoint."
    )
    metrics_host: str = Field("127.0.0.1", description="Address that the run's Prometheus endpoint listens on.")
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
