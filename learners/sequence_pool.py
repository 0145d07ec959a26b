"""The sequence pool: a ring buffer of sequences on the learner's device."""

import threading
import time
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from torch import Tensor

from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec


@dataclass
class PoolCounts:
    """Counts since the beginning, in sequences except where the name says steps.

    Attributes:
        seen: number of sequences that were in a batch at least once.
        levels: numbers of inserted and of seen sequences, by level.
    """

    inserted: int = 0
    inserted_steps: int = 0
    dropped: int = 0
    dropped_unseen: int = 0
    seen: int = 0
    levels: dict[str, list[int]] = field(default_factory=dict)


class SequencePool:
    """Holds the newest `capacity` sequences; for each new one the oldest is dropped, and counted.

    A batch draws levels uniformly from those in the pool, then a sequence of that level uniformly, so that a level with
    many emulators does not crowd out the others. One thread may add while another samples.
    """

    def __init__(
        self, capacity: int, sequence_length: int, spec: WorldModelSpec, device: torch.device, seed: int
    ) -> None:
        side, t = spec.observation_size, sequence_length
        self.capacity = capacity
        self.counts = PoolCounts()
        self._length = t

        def ring(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
            return torch.zeros((capacity, *shape), dtype=dtype, device=device)

        self._rings = {
            "frames": ring((t + 1, side, side, 3), torch.uint8),
            "first": ring((t + 1,), torch.bool),
            "actions": ring((t,), torch.int64),
            "rewards": ring((t,), torch.float32),
            "dones": ring((t,), torch.bool),
            "state": ring((2, spec.hidden), torch.float32),
            "versions": ring((), torch.int64),
            "positions": ring((t + 1, 2), torch.int32),
            "places": ring((t + 1, 2), torch.float32),
        }
        self._levels: list[str | None] = [None] * capacity
        self._slots: dict[str, list[int]] = {}
        self._seen = np.zeros(capacity, bool)
        self._inserted_at = np.zeros(capacity)
        self._next, self._held = 0, 0
        self._rng = np.random.default_rng(seed)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._held

    @property
    def levels(self) -> list[str]:
        """The levels that have a sequence in the pool."""
        with self._lock:
            return sorted(self._slots)

    def add(self, sequences: Sequences) -> None:
        """Copies sequences into the pool; when it is full, each replaces the oldest one.

        Raises:
            ValueError: a field has another shape than the pool's.
        """
        arrays = {name: torch.as_tensor(np.ascontiguousarray(a)) for name, a in sequences.arrays().items()}
        for name, array in arrays.items():
            expected = (len(sequences), *self._rings[name].shape[1:])
            if tuple(array.shape) != expected:
                raise ValueError(f"sequences.{name} has shape {tuple(array.shape)}, expected {expected}")
        with self._lock:
            taken = 0
            while taken < len(sequences):
                # One copy up to the ring's end, and one from its beginning on.
                slot = self._next
                count = min(len(sequences) - taken, self.capacity - slot)
                for name, array in arrays.items():
                    self._rings[name][slot : slot + count].copy_(array[taken : taken + count], non_blocking=True)
                for i in range(count):
                    self._put_in(slot + i, sequences.levels[taken + i])
                self._next = (slot + count) % self.capacity
                taken += count

    def sample(self, batch: int) -> dict[str, Tensor]:
        """Draws a number of sequences, with replacement, and returns tensors on the device by field.

        Raises:
            ValueError: the pool is empty.
        """
        with self._lock:
            if not self._slots:
                raise ValueError("the sequence pool is empty")
            levels = sorted(self._slots)
            picked = self._rng.integers(len(levels), size=batch)
            slots = [int(self._rng.choice(self._slots[levels[i]])) for i in picked]
            for slot in set(slots):
                self._see(slot)
            index = torch.as_tensor(slots, device=self._rings["frames"].device)
            return {name: ring[index] for name, ring in self._rings.items()}

    def get_state(self) -> dict:
        """Returns counts and random state, without the sequences, which a resumed run samples again."""
        with self._lock:
            return {"counts": asdict(self.counts), "random": self._rng.bit_generator.state}

    def set_state(self, state: dict) -> None:
        self.counts = PoolCounts(**state["counts"])
        self._rng.bit_generator.state = state["random"]

    def raise_counts(self, inserted: int, dropped: int, dropped_unseen: int, levels: dict[str, list[int]]) -> None:
        """Raises the counts to those of a lost pool, where these are higher."""
        counts = self.counts
        counts.inserted = max(inserted, counts.inserted)
        counts.inserted_steps = counts.inserted * self._length
        counts.dropped = max(dropped, counts.dropped)
        counts.dropped_unseen = max(dropped_unseen, counts.dropped_unseen)
        for level, (added, seen) in levels.items():
            mine = counts.levels.setdefault(level, [0, 0])
            mine[:] = max(mine[0], added), max(mine[1], seen)
        counts.seen = max(counts.seen, sum(seen for _, seen in counts.levels.values()))

    def age(self) -> float:
        """Returns the mean time of the sequences in the pool, in seconds; 0 if it is empty."""
        with self._lock:
            held = self._inserted_at[: self._held]
            return float(time.monotonic() - held.mean()) if self._held else 0.0

    def _see(self, slot: int) -> None:
        level = self._levels[slot]
        if not self._seen[slot] and level is not None:
            self._seen[slot] = True
            self.counts.seen += 1
            self.counts.levels[level][1] += 1

    def _put_in(self, slot: int, level: str) -> None:
        dropped = self._take_out(slot)
        self._held += not dropped
        self._levels[slot] = level
        self._slots.setdefault(level, []).append(slot)
        counts = self.counts
        counts.inserted += 1
        counts.inserted_steps += self._length
        counts.dropped += dropped
        counts.dropped_unseen += dropped and not self._seen[slot]
        counts.levels.setdefault(level, [0, 0])[0] += 1
        self._seen[slot] = False
        self._inserted_at[slot] = time.monotonic()

    def _take_out(self, slot: int) -> bool:
        level = self._levels[slot]
        if level is None:
            return False
        self._slots[level].remove(slot)
        if not self._slots[level]:
            del self._slots[level]
        return True
