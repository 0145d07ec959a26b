"""Arrays as they come: of any dtype, shape and byte order, and however they lie in memory."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

_DTYPES = ("?", "u1", "i1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<f2", "<f4", ">f4", "<f8", ">f8")


@st.composite
def laid_out_arrays(draw: st.DrawFn) -> np.ndarray:
    """Contiguous, transposed, with gaps, backwards or broadcast."""
    dtype = np.dtype(draw(st.sampled_from(_DTYPES)))
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
    steps = draw(st.lists(st.sampled_from((1, 2, -1, -3)), min_size=len(shape), max_size=len(shape)))
    order = draw(st.permutations(range(len(shape))))
    # A larger array, of which every so-manieth element is taken, along axes in another order.
    whole = [1 + (side - 1) * abs(step) if side else 0 for side, step in zip(shape, steps, strict=True)]
    array = draw(hnp.arrays(dtype, tuple(whole[axis] for axis in order)))
    array = array.transpose(np.argsort(order)) if order else array
    array = array[(..., *(slice(None, None, step) for step in steps))]
    assert array.shape == shape
    if draw(st.booleans()) and shape:
        array = np.broadcast_to(array, (draw(st.integers(1, 3)), *shape))
    return array


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """Shape, kind, and every bit of every value; byte order is a matter of memory."""
    mine, theirs = (np.ascontiguousarray(x, x.dtype.newbyteorder("<")) for x in (a, b))
    return a.shape == b.shape and mine.dtype == theirs.dtype and mine.tobytes() == theirs.tobytes()
