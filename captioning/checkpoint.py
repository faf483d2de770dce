"""One self-contained file per model: safetensors, with everything else in its metadata.

The metadata holds one JSON document under the key ``captionbot``: architecture, vocabulary,
preprocessing, search options, where the weights come from and what they score. Nothing in the file
is ever executed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from captioning.card import FORMAT_VERSION, METADATA_KEY, parse_document, read_document
from captioning.card import Card as Card
from captioning.card import CheckpointError as CheckpointError
from captioning.confidence import ConfidenceModel
from captioning.decoder_protocol import DecoderConfig
from captioning.decoders import build_decoder
from captioning.description import Description, parts_of
from captioning.encoders import Encoder, differences
from captioning.vocabulary import SPECIAL_TOKENS

_SCALE_SUFFIX = ":scale"


@dataclass(slots=True)
class Checkpoint(Description):
    """A model with all it needs to caption a photo."""

    weights: dict[str, Tensor]
    """``encoder.…`` and ``decoder.…``, as fp32 after loading."""

    def build(self) -> "Model":
        """The network with these weights, in evaluation mode.

        Raises:
            CheckpointError: naming what is missing, extra or misshapen.
        """
        model = Model(self.encoder_name, self.decoder_config)
        expected = model.state_dict()
        problems = differences(expected, self.weights)
        if problems:
            raise CheckpointError(
                f"the weights do not fit {self.encoder_name} + {self.decoder_config.kind}: "
                + "; ".join(problems)
            )
        model.load_state_dict(self.weights)
        return model.eval()

    def save(self, path: Path, *, quantise: Sequence[str] = ()) -> None:
        """Write the file, through a temporary neighbour so that a reader never sees half of it.

        Args:
            quantise: parts (``encoder``, ``decoder``) whose matrices are stored as int8 with one
                scale per output row; when there are any, everything else is fp16.
        """
        document = {
            "format": FORMAT_VERSION,
            "card": asdict(self.card),
            "encoder": self.encoder_name,
            "decoder": asdict(self.decoder_config),
            "vocabulary": list(self.vocabulary.words[len(SPECIAL_TOKENS) :]),
            "word_counts": list(self.vocabulary.counts),
            "preprocessing": asdict(self.preprocessing),
            "search": asdict(self.search),
            "confidence": self.confidence and asdict(self.confidence),
        }
        weights = _quantise(self.weights, quantise) if quantise else self.weights
        _write(path, weights, document)

    @classmethod
    def load(cls, path: Path) -> "Checkpoint":
        """Read a file that `save` wrote.

        Raises:
            CheckpointError: saying what is wrong with the file.
        """
        try:
            with safe_open(path, framework="pt") as file:
                metadata = (file.metadata() or {}).get(METADATA_KEY)
                weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except FileNotFoundError as error:
            raise CheckpointError(f"there is no checkpoint at {path}") from error
        except (SafetensorError, OSError) as error:
            raise CheckpointError(f"{path} is not a readable safetensors file: {error}") from error
        document = parse_document(path, metadata)
        return cls(**parts_of(path, document), weights=_dequantise(weights))


def store_confidence(source: Path, target: Path, confidence: ConfidenceModel) -> None:
    """Write a checkpoint again with another confidence, its weights as they are stored.

    Raises:
        CheckpointError: saying what is wrong with the source.
    """
    document = read_document(source) | {"confidence": asdict(confidence)}
    _write(target, load_file(source), document)


class Model(nn.Module):
    """An encoder and a decoder.

    Args:
        encoder: the network, or its name in torchvision's registry.
    """

    def __init__(self, encoder: str | Encoder, decoder_config: DecoderConfig) -> None:
        super().__init__()
        self.encoder = Encoder(encoder) if isinstance(encoder, str) else encoder
        if self.encoder.channels != decoder_config.feature_size:
            raise CheckpointError(
                f"{self.encoder.name} gives {self.encoder.channels} channels, "
                f"the decoder expects {decoder_config.feature_size}"
            )
        self.decoder = build_decoder(decoder_config)


def _write(path: Path, weights: Mapping[str, Tensor], document: Mapping[str, Any]) -> None:
    temporary = path.with_name(path.name + ".part")
    save_file(
        {name: tensor.contiguous() for name, tensor in weights.items()},
        temporary,
        metadata={METADATA_KEY: json.dumps(document, ensure_ascii=False)},
    )
    temporary.chmod(0o644)  # safetensors makes files only their owner can read
    temporary.replace(path)


def _quantise(weights: Mapping[str, Tensor], parts: Sequence[str]) -> dict[str, Tensor]:
    """Symmetric int8 per output row for the parts' matrices and kernels; fp16 for the rest."""
    packed: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if not tensor.is_floating_point():
            packed[name] = tensor
        elif (
            not name.startswith(tuple(f"{part}." for part in parts))
            or tensor.ndim < 2
            or tensor[0].numel() < 16
        ):
            # Vectors and depthwise kernels are small and sensitive: int8 would save little.
            packed[name] = tensor.half() if tensor.abs().max() < 6e4 else tensor
        else:
            rows = tensor.flatten(1)
            scale = (rows.abs().amax(1) / 127).clamp_min(1e-12)
            packed[name] = (rows / scale[:, None]).round().to(torch.int8).view_as(tensor)
            packed[name + _SCALE_SUFFIX] = scale
    return packed


def _dequantise(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Undo `_quantise`: every floating-point tensor comes back as fp32."""
    weights: dict[str, Tensor] = {}
    for name, tensor in packed.items():
        if name.endswith(_SCALE_SUFFIX):
            continue
        scale = packed.get(name + _SCALE_SUFFIX)
        if scale is not None:
            weights[name] = (tensor.flatten(1).float() * scale[:, None]).view_as(tensor)
        else:
            weights[name] = tensor.float() if tensor.is_floating_point() else tensor
    return weights
