"""Networks in OpenVINO's format, small enough to be made in a test."""

from pathlib import Path

import numpy as np
import pytest


def colour_network(path: Path, *, grid: str = "grid", size: int = -1) -> Path:
    """Sees nothing but colours: its grid is the photo in cells of 32 pixels, its classes too.

    Args:
        grid: what the output is called that should be called so.
        size: the only side of photos that it takes; any when it is -1.
    """
    openvino = pytest.importorskip("openvino")
    from openvino import opset13 as ops

    photo = ops.parameter([-1, 3, size, size], np.float32, name="photo")
    photo.output(0).set_names({"photo"})
    scaled = ops.divide(photo, np.float32(255))
    cells = ops.avg_pool(scaled, [32, 32], [0, 0], [0, 0], [32, 32], exclude_pad=False)
    pooled = ops.reduce_mean(cells, np.array([2, 3]))
    weights = 8 * np.eye(3, dtype=np.float32)
    logits = ops.matmul(pooled, weights, transpose_a=False, transpose_b=False)
    cells.output(0).set_names({grid})
    logits.output(0).set_names({"logits"})
    outputs = [ops.result(cells), ops.result(logits)]
    openvino.save_model(openvino.Model(outputs, [photo]), path, compress_to_fp16=False)
    return path
