"""Windup-v0: the native game as gymnasium's environments, one game or many, which docs/windup.md describes."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from windup.choice import check_level, chosen_levels
from windup.episodes import SIZES, Episodes, check_games
from windup.eyes import EYES
from windup.game import ACTIONS, EPISODE_STEPS
from windup.native.games import SCREEN, VARIABLES

FRAMES_PER_SECOND = 60
METADATA: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": FRAMES_PER_SECOND // 4}


class WindupEnv(gymnasium.Env[npt.NDArray[Any], np.int64]):
    """One game. `gymnasium.make` adds the contest's limit of 4,500 steps, or another `max_episode_steps`."""

    metadata: dict[str, Any] = METADATA

    def __init__(
        self,
        *,
        obs: str = "frames",
        levels: Sequence[str] | str | None = None,
        split: str | None = None,
        size: int | None = 64,
        frame_skip: int = 4,
        sticky: float = 0.25,
        stuck_steps: int | None = None,
        threads: int = 1,
        render_mode: str | None = None,
    ) -> None:
        """
        Raises:
            NativeUnavailable: the native game was not built.
            ValueError: an argument is not what is allowed.
        """
        _check_render_mode(render_mode)
        self._episodes = Episodes(
            1,
            chosen_levels(split, levels),
            obs=obs,
            size=size,
            frame_skip=frame_skip,
            sticky=sticky,
            stuck_steps=stuck_steps,
            max_steps=None,
            threads=threads,
        )
        self._episodes.rngs = [self.np_random]
        self.render_mode = render_mode
        self.metadata = METADATA | {"render_fps": FRAMES_PER_SECOND / frame_skip}
        self.observation_space = _space(obs, size)
        self.action_space = Discrete(len(ACTIONS))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Begins an episode, in a drawn level or in that of `options={"level": name}`."""
        super().reset(seed=seed)
        self._episodes.rngs = [self.np_random]
        self._episodes.begin([0], _level_names(options, 1))
        return self._seen()

    def step(self, action: np.int64) -> tuple[npt.NDArray[Any], float, bool, bool, dict[str, Any]]:
        rewards, terminated, truncated = self._episodes.step(np.asarray(action)[None], np.ones(1, bool))
        observation, info = self._seen()
        return observation, float(rewards[0]), bool(terminated[0]), bool(truncated[0]), info

    def render(self) -> npt.NDArray[np.uint8] | None:
        """Returns the console's screen, uint8 [224, 320, 3]; None without a render mode."""
        return self._episodes.screen(0) if self.render_mode else None

    def save(self) -> bytes:
        """Returns everything that decides how the episode goes on, with random numbers and steps."""
        return self._episodes.save(0)

    def load(self, state: bytes) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Restores a saved episode, and returns what `reset` returns.

        Wrappers, such as gymnasium's time limit, do not notice.

        Raises:
            StateError: the bytes are invalid; the episode stays as it was.
        """
        self._episodes.load(0, state)
        return self._seen()

    def close(self) -> None:
        self._episodes.close()

    def _seen(self) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        variables = dict(zip(VARIABLES, self._episodes.variables()[0].tolist(), strict=True))
        return self._episodes.observations()[0], {**variables, "level": self._episodes.names[0]}


class WindupVectorEnv(VectorEnv[npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[Any]]):
    """Many games, stepped together in C: equal to single ones in gymnasium's SyncVectorEnv, but faster."""

    metadata: dict[str, Any] = METADATA | {"autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self,
        num_envs: int = 1,
        *,
        obs: str = "frames",
        levels: Sequence[str] | str | None = None,
        split: str | None = None,
        size: int | None = 64,
        frame_skip: int = 4,
        sticky: float = 0.25,
        max_episode_steps: int = EPISODE_STEPS,
        stuck_steps: int | None = None,
        threads: int = 1,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    ) -> None:
        """
        Raises:
            NativeUnavailable: the native game was not built.
            ValueError: an argument is not what is allowed.
        """
        check_games("num_envs", num_envs)
        check_games("max_episode_steps", max_episode_steps)
        _check_render_mode(render_mode)
        modes = {mode.value: mode for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)}
        mode = autoreset_mode.value if isinstance(autoreset_mode, AutoresetMode) else autoreset_mode
        if mode not in modes:
            raise ValueError(f"autoreset_mode: {autoreset_mode!r}; {' or '.join(modes)} is allowed")
        self._same_step = modes[mode] is AutoresetMode.SAME_STEP
        self._episodes = Episodes(
            num_envs,
            chosen_levels(split, levels),
            obs=obs,
            size=size,
            frame_skip=frame_skip,
            sticky=sticky,
            stuck_steps=stuck_steps,
            max_steps=max_episode_steps,
            threads=threads,
        )
        self._seed([np_random() for _ in range(num_envs)])
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.metadata = METADATA | {"render_fps": FRAMES_PER_SECOND / frame_skip, "autoreset_mode": modes[mode]}
        self.single_observation_space, self.single_action_space = _space(obs, size), Discrete(len(ACTIONS))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Begins an episode in every game.

        Args:
            seed: of game 0, where game i gets seed + i, or a list with one for each game. None: random numbers go on.
            options: `level`: name of the level for all games, or a list with one for each.
        """
        names = _level_names(options, self.num_envs)
        seeds = [None] * self.num_envs if seed is None else seed
        if isinstance(seeds, int | np.integer):
            seeds = [int(seeds) + i for i in range(self.num_envs)]
        if len(seeds) != self.num_envs:
            raise ValueError(f"seed: {len(seeds)} seeds; a number or {self.num_envs} seeds are allowed")
        self._seed([kept if own is None else np_random(own) for kept, own in zip(self._seeded, seeds, strict=True)])
        self._episodes.begin(range(self.num_envs), names)
        return self._episodes.observations(), self._info()

    def step(
        self, actions: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_], dict[str, Any]]:
        """Plays a step. After an episode's end, the next step (NEXT_STEP) or the same one (SAME_STEP) is the reset."""
        begins = np.flatnonzero(self._episodes.over).tolist()
        working = ~self._episodes.over
        self._begin(begins)
        rewards, terminated, truncated = self._episodes.step(actions, working)
        ended: dict[str, Any] = {}
        if self._same_step and self._episodes.over.any():
            ended = self._final(self._episodes.over)
            self._begin(np.flatnonzero(self._episodes.over).tolist())
        return self._episodes.observations(), rewards, terminated, truncated, {**ended, **self._info()}

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """Returns the console's screen of each game, uint8 [224, 320, 3]; None without a render mode."""
        return tuple(map(self._episodes.screen, range(self.num_envs))) if self.render_mode else None

    def save(self, number: int) -> bytes:
        """Returns everything that decides how a game's episode goes on, with random numbers and steps."""
        return self._episodes.save(number)

    def load(self, number: int, state: bytes) -> None:
        """Restores a saved episode of any game and environment with equal arguments; the next step shows it.

        Raises:
            StateError: the bytes are invalid; the episode stays as it was.
        """
        self._episodes.load(number, state)

    def close_extras(self, **kwargs: Any) -> None:
        if "_episodes" in vars(self):
            self._episodes.close()

    @property
    def np_random(self) -> tuple[np.random.Generator, ...]:
        """Generator of each game's random numbers."""
        return tuple(rng for rng, _ in self._seeded)

    @property
    def np_random_seed(self) -> tuple[int, ...]:
        """Seed of each game."""
        return tuple(seed for _, seed in self._seeded)

    def _seed(self, seeded: list[tuple[np.random.Generator, int]]) -> None:
        self._seeded = seeded
        self._episodes.rngs = [rng for rng, _ in seeded]

    def _begin(self, numbers: list[int]) -> None:
        if numbers:
            self._episodes.begin(numbers, [None] * len(numbers))

    def _info(self) -> dict[str, Any]:
        return _masked(self._columns(), np.ones(self.num_envs, bool))

    def _columns(self) -> dict[str, npt.NDArray[Any]]:
        variables = self._episodes.variables().T.astype(np.int64, order="C")
        return {**dict(zip(VARIABLES, variables, strict=True)), "level": np.array(self._episodes.names, object)}

    def _final(self, over: npt.NDArray[np.bool_]) -> dict[str, Any]:
        """Returns last observation and info of the ended episodes, in the form of gymnasium's vector environments."""
        seen = self._episodes.observations()
        observations = np.full(self.num_envs, None, object)
        for number in np.flatnonzero(over).tolist():
            observations[number] = seen[number].copy()
        columns = self._columns()
        for column in columns.values():
            column[~over] = None if column.dtype == object else 0
        return _masked({"final_obs": observations, "final_info": _masked(columns, over.copy())}, over.copy())


def _masked(columns: dict[str, Any], mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Adds, by gymnasium's convention, a mask of the games to each key, under the key with `_` before it."""
    return {key: value for name, column in columns.items() for key, value in ((name, column), (f"_{name}", mask))}


def _space(obs: str, size: int | None) -> Box:
    if obs == "state":
        return Box(-2, 2, (EYES,), np.float32)
    side = SIZES[size]
    return Box(0, 255, SCREEN if side is None else (side, side, 3), np.uint8)


def _check_render_mode(mode: str | None) -> None:
    if mode is not None and mode not in METADATA["render_modes"]:
        raise ValueError(f"render_mode: {mode!r}; None and rgb_array are allowed")


def _level_names(options: dict[str, Any] | None, n: int) -> list[str | None]:
    """Returns the level of each game; None where it is to be drawn.

    Raises:
        ValueError: an option is invalid.
    """
    if set(options or {}) - {"level"}:
        raise ValueError(f"options: {', '.join(map(repr, options or {}))}; level is allowed")
    wanted = (options or {}).get("level")
    names: list[str | None] = [wanted] * n if wanted is None or isinstance(wanted, str) else list(wanted)
    if len(names) != n:
        raise ValueError(f"options: level: {len(names)} names; one or {n} are allowed")
    for name in names:
        if name is not None:
            check_level("options: level", name)
    return names
