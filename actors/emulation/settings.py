"""Settings of emulators."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from actors.portable.contest import EPISODE_STEPS, STICKY_PROBABILITY
from world_model.section import MOST_SECONDS, MOST_STEPS, Section

EmulatorKind = Literal["local", "gym-remote", "native", "attached"]


class EmulatorSettings(Section):
    """Section `emulator`: what plays the games, and the rules of episodes."""

    kind: EmulatorKind = Field(
        "local",
        description="What plays the games. local: stable-retro, a process for each emulator. gym-remote: another"
        " program's hosts. native: Windup compiled for this machine, with the same frames, faster."
        " attached: the emulator of a gym-remote server, for `sonic-worlds agent --learn`. Short:"
        " --emulator native.",
    )
    host_command: str | None = Field(
        None,
        description="Command that starts a gym-remote host; {game}, {state}, {dir} and {seed} are filled in. With"
        " {state} in it, every change of level starts a new host. None: this Python with stable-retro.",
    )
    server: Path | None = Field(
        None, description="Directory of the gym-remote server that an emulator of kind attached belongs to."
    )
    observation_size: Literal[64, 128] | None = Field(
        None, description="Side of the square frames that the world model sees, in pixels. None: as the preset has it."
    )
    sticky_probability: float = Field(
        STICKY_PROBABILITY,
        ge=0,
        le=1,
        description="Probability that the first frame of a step repeats the action of the step before, 0 to 1.",
    )
    max_episode_steps: int = Field(
        EPISODE_STEPS, gt=0, le=MOST_STEPS, description="Steps after which an episode is cut; 1 step = 4 frames."
    )
    max_episode_seconds: float | None = Field(
        None, gt=0, le=MOST_SECONDS, description="Wall-clock seconds after which an episode is cut. None: no limit."
    )
    stuck_steps: int | None = Field(
        150,
        gt=0,
        le=MOST_STEPS,
        description="Steps without a new highest return after which a training episode is cut. None: never.",
    )
    recoloured: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of the training episodes that are shown in other colours, 0 to 1: channels mixed, another"
        " brightness.",
    )
    exact: bool = Field(
        False,
        description="Read the game's variables and screen on every frame, instead of only where they can matter:"
        " slower, same results.",
    )
    timeout_s: float = Field(
        3.0,
        gt=0,
        le=MOST_SECONDS,
        description="Seconds after which an emulator's step counts as hung, and the emulator is replaced. Not for"
        " native.",
    )
