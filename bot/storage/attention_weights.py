"""How the database stores where a model looked for each word."""

import io

import numpy as np
from numpy.typing import NDArray


def packed(attention: NDArray[np.float32]) -> bytes:
    """(T, h, w) weights as the bytes of an .npy file, in half precision."""
    buffer = io.BytesIO()
    np.save(buffer, attention.astype(np.float16), allow_pickle=False)
    return buffer.getvalue()


def unpacked(data: bytes) -> NDArray[np.float32]:
    """What `packed` was given, but for its precision."""
    weights: NDArray[np.float16] = np.load(io.BytesIO(data), allow_pickle=False)
    return weights.astype(np.float32)
