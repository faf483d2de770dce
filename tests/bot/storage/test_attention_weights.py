import numpy as np

from bot.storage.attention_weights import packed, unpacked


def test_weights_survive_packing_nearly_unchanged() -> None:
    weights = np.random.default_rng(0).random((1, 7, 7), dtype=np.float32)
    np.testing.assert_allclose(unpacked(packed(weights)), weights, atol=1e-3)
    assert len(packed(np.zeros((30, 7, 7), np.float32))) < 4000
