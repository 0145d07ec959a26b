"""Strategies that damage what a reader would take."""

import json
from typing import Any

from hypothesis import strategies as st

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["\x00", "a\nb", "\ud800", "1e400", "/", ".."]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
"""What JSON and YAML can hold."""


@st.composite
def damaged_bytes(draw: st.DrawFn, sound: bytes, most: int = 4) -> bytes:
    """With some places cut out or written over."""
    content = sound
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, len(content)))
        gone = draw(st.sampled_from([0, 1, 4, 100, len(content)]))
        content = content[:at] + draw(st.binary(max_size=8)) + content[at + gone :]
    return content


@st.composite
def damaged_tree(draw: st.DrawFn, sound: Any) -> Any:
    """With a value somewhere in it replaced, taken out, or put in under another name."""
    if isinstance(sound, dict) and sound and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(list(sound)))
        rest = {name: value for name, value in sound.items() if name != key}
        what = draw(st.integers(0, 3))
        if what == 0:
            return rest
        if what == 1:
            return rest | {draw(st.text(max_size=4)): sound[key]}
        return sound | {key: draw(damaged_tree(sound[key]))}
    if isinstance(sound, list) and sound and draw(st.integers(0, 4)):
        at = draw(st.integers(0, len(sound) - 1))
        return [*sound[:at], draw(damaged_tree(sound[at])), *sound[at + 1 :]]
    return draw(VALUES)


def damaged_json(sound: Any) -> st.SearchStrategy[bytes]:
    """JSON that holds something else, and what is no JSON any more."""
    deep = st.sampled_from([b"[" * 3000, b'{"a":' * 3000, b"9" * 5_000, b"\xff\xfe{}", b"", b"{}", b"[]"])
    trees = damaged_tree(sound).map(lambda tree: json.dumps(tree).encode())
    return trees | trees | damaged_bytes(json.dumps(sound).encode()) | deep
