"""A network in torch, on the GPU where there is one."""

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from captioning.checkpoint import Checkpoint
from captioning.encoders import channels_last, mean_of_both_sides
from captioning.images import pixels
from captioning.search import Floats, Hypothesis, SearchOptions
from captioning.torch_search import search


class TorchNetwork:
    """See `captioning.network.Network`; what is read of photos are their features (B, P, C).

    Args:
        reduced: let a processor encode in bf16 where it computes with it natively.

    Raises:
        CheckpointError: when the weights do not fit their architecture.
    """

    engine = "torch"

    def __init__(self, checkpoint: Checkpoint, *, reduced: bool = False) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model = checkpoint.build().to(self._device)
        self._encoder = channels_last(model.encoder)
        self._decoder = model.decoder
        self._preprocessing = checkpoint.preprocessing
        self._rarity = checkpoint.vocabulary.rarity()
        self._reduced = reduced and self._device.type == "cpu" and _computes_in_bf16()

    @torch.inference_mode()
    def read(self, images: Sequence[Image.Image]) -> Tensor:
        batch = torch.from_numpy(pixels(images, self._preprocessing))
        batch = batch.to(self._device, memory_format=torch.channels_last)
        features = self._encode(batch)
        if self._preprocessing.both_sides:
            features = mean_of_both_sides(features, self._encode(batch.flip(3)))
        return features

    def pooled(self, state: Tensor) -> Floats:
        mean: Floats = state.mean(1).cpu().numpy()
        return mean

    def search(
        self,
        state: Tensor,
        options: SearchOptions,
        *,
        brevity: float = 0.0,
        photos: Sequence[int] | None = None,
    ) -> list[list[Hypothesis]]:
        if photos is not None:
            state = state[torch.tensor(photos, device=state.device)]
        return search(self._decoder, state, options, self._rarity, brevity=brevity)

    def _encode(self, batch: Tensor) -> Tensor:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._reduced):
            features: Tensor = self._encoder(batch)
        return features.float()


def _computes_in_bf16() -> bool:
    supported = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return bool(supported and supported())
