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
        description="Emulators of our own, hosts that speak gym-remote, or Windup compiled for this machine, which"
        " gives the same frames faster. Short: --emulator native. attached: the one emulator that a gym-remote server"
        " hosts, to which `sonic-worlds agent --learn` attaches a run.",
    )
    host_command: str | None = Field(
        None,
        description="Starts a gym-remote host; {game}, {state}, {dir} and {seed} are replaced. With {state} one is"
        " started for each change of level. None: this Python with stable-retro.",
    )
    server: Path | None = Field(None, description="Directory of the gym-remote server of the kind attached.")
    observation_size: Literal[64, 128] | None = Field(
        None, description="Side of the frames the world model sees, in pixels. None: the preset's."
    )
    sticky_probability: float = Field(
        STICKY_PROBABILITY, ge=0, le=1, description="Chance that a step's first frame repeats the previous action."
    )
    max_episode_steps: int = Field(
        EPISODE_STEPS, gt=0, le=MOST_STEPS, description="Steps after which an episode is cut (4 frames each)."
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
