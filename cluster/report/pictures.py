"""Pictures of a level as the world model sees it: frames, reconstructions, predictions."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from PIL import Image

from actors.emulation.kinds import make_pool
from actors.emulation.settings import EmulatorSettings
from actors.games.games import game_file, rom_file
from actors.games.levels import Level, counted_as, select_levels
from cluster.run.agent import TrainedRun, load_agent

_COLUMNS = 8
_WARM_UP, _BETWEEN = 40, 4
"""Steps before the first column, and between two columns."""
_SIDE = 96
_GAP = 4


def glimpses(run: TrainedRun, levels: Sequence[str]) -> Iterator[tuple[str, Image.Image]]:
    """Yields a level's name and a picture of three rows: V's input, V's reconstruction, M's prediction.

    The agent plays from the level's start, on an emulator in this process.
    """
    agent = load_agent(run)
    model = agent.model
    # Generated levels have one name in metrics, and one of them stands for all.
    by_name = {counted_as(str(level)): level for level in reversed(select_levels(run.config.levels))}
    for name in levels:
        level = by_name.get(name) or Level(*name.split("/", 1))
        native = run.config.emulator.kind == "native" and level in by_name.values()
        if not native and (rom_file(level.game) is None or game_file(level.game, f"{level.state}.state") is None):
            # Only gym-remote's hosts have it, or it is a zone of generated levels that were played long ago.
            continue
        columns = []
        settings = EmulatorSettings(kind="native" if native else "local", stuck_steps=None)
        with (
            make_pool([level.game], _always(level), settings, 0, model.spec.observation_size) as pool,
            torch.inference_mode(),
        ):
            frames = pool.reset()
            memory = agent.begin(level.game, np.random.default_rng(0))
            for step in range(_WARM_UP + _COLUMNS * _BETWEEN):
                action = agent.act([memory], frames)
                # The agent has stepped M with its action: `memory.h` is the state that predicts the next z.
                predicted = model.forward_model.predict(memory.h[None]).expected()
                played = pool.step(np.array(action))
                frames = played.frames
                if played.first[0]:
                    memory = agent.begin(level.game, memory.rng)
                elif step >= _WARM_UP and step % _BETWEEN == 0:
                    z = model.vae.means(torch.from_numpy(frames))
                    decoded = model.vae.decode(torch.cat([z, predicted])).clamp(0, 1)
                    shown = (decoded * 255).byte().permute(0, 2, 3, 1).numpy()
                    columns.append([frames[0].copy(), *shown])
        if columns:
            yield str(level), _grid(columns)


def _always(level: Level) -> Callable[[int], Level]:
    return lambda _: level


def _grid(columns: Sequence[Sequence[np.ndarray]]) -> Image.Image:
    pitch = _SIDE + _GAP
    picture = Image.new("RGB", (len(columns) * pitch - _GAP, len(columns[0]) * pitch - _GAP), "white")
    for x, column in enumerate(columns):
        for y, frame in enumerate(column):
            tile = Image.fromarray(frame).resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
            picture.paste(tile, (x * pitch, y * pitch))
    return picture
