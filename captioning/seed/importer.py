"""The seed repository's pickled checkpoints, converted to ours without executing anything in them.

A converted model decodes as the seed does: the best-scored of all words at each step, until EOS or
after 31 words. The seed's PAD, UNK and BOS are words that it may say, and so is its empty string.
Ours are never said; so an imported vocabulary has its own four special tokens, of which PAD and UNK
are unused, and lists the seed's three among the words.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from captioning.catalogue import REMOTE
from captioning.checkpoint import Card, Checkpoint
from captioning.decoder_protocol import DecoderConfig
from captioning.encoders import Encoder, load_encoder_weights
from captioning.errors import CaptioningError
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.seed.torch_pickle import PickledModule, load_module, load_words
from captioning.vocabulary import EMPTY, Vocabulary

SOURCE = "https://github.com/Koldim2001/Image_captioning"
MAX_WORDS = 31
# The seed's vocabulary starts with these, in this order.
_SPECIAL_WORDS = ("PAD", "UNK", "EOS", "BOS")
_SEED_EOS, _SEED_BOS = 2, 3
_CLASS_NAMES = ("__main__.LLMModel", "__main__.DecoderWithAttention", "__main__.Attention")
# Low enough that no softmax notices it, small enough for half precision.
_NEVER = -1e4


class SeedImportError(CaptioningError):
    """A file is none of the seed's, or does not belong to the other one."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One of the seed's two networks."""

    kind: str
    """Of the decoder."""
    decoder: Callable[[Mapping[str, Tensor]], DecoderConfig]
    """Reads the sizes off the parameters."""
    output: str
    """Prefix of the output layer's parameters."""


def convert(
    weights: Path, vocabulary: Path, *, encoder_weights: Mapping[str, Tensor] | Path | None = None
) -> Checkpoint:
    """Convert one of the seed's two decoders, with the encoder that belongs to it.

    Args:
        weights: the pickled module, ``model.pt`` or ``model_attention.pt``.
        vocabulary: the pickled list of words, ``vocab.pkl``.
        encoder_weights: the whole torchvision classifier, see `load_encoder_weights`.

    Raises:
        PickleError: when a file is damaged, or refused because of what it asks for.
        SeedImportError: when a file is readable but is not the seed's, or cannot be read.
        EncoderError: when the encoder's weights are missing or do not fit.
        CheckpointError: naming the parameters that are missing, extra or misshapen.
    """
    try:
        module = load_module(weights, _CLASS_NAMES)
        words = load_words(vocabulary)
    except OSError as error:
        raise SeedImportError(f"{error.filename} cannot be read: {error.strerror}") from error
    architecture = _architecture(module, weights.name)
    name, model = next(
        (name, model) for name, model in REMOTE.items() if model.decoder == architecture.kind
    )
    try:
        config = architecture.decoder(module.parameters)
    except ValueError as error:
        raise SeedImportError(f"{weights.name} has impossible sizes: {error}") from error
    converted, order = _convert_words(words, vocabulary.name)
    parameters = _reordered(module.parameters, order, architecture.output, len(words))
    if not isinstance(encoder_weights, Mapping):
        encoder_weights = load_encoder_weights(model.encoder, encoder_weights)
    encoder = Encoder(model.encoder)
    encoder.load_backbone(dict(encoder_weights))
    tensors = {f"encoder.{name}": tensor for name, tensor in encoder.state_dict().items()}
    tensors |= parameters
    checkpoint = Checkpoint(
        card=Card(
            model=name,
            version=f"seed-{_digest(tensors, converted.words)}",
            training_data="what its authors trained it on",
            licence="its authors': ask them",
            notes=f"Converted from {weights.name} and {vocabulary.name} of {SOURCE}.",
        ),
        encoder_name=model.encoder,
        decoder_config=config,
        vocabulary=converted,
        preprocessing=Preprocessing(size=224, resize="centre-crop", resize_to=256),
        search=SearchOptions(
            beam_size=1, max_length=MAX_WORDS, length_penalty=0.0, block_ngram=0, allow_empty=True
        ),
        weights=tensors,
    )
    checkpoint.build()
    return checkpoint


def _architecture(module: PickledModule, name: str) -> Architecture:
    try:
        return ARCHITECTURES[module.class_name]
    except KeyError:
        raise SeedImportError(
            f"{name} holds a {module.class_name}, which is neither of the seed's two models"
        ) from None


def _lstm(parameters: Mapping[str, Tensor]) -> DecoderConfig:
    words, embedding = _shape(parameters, "embed.weight")
    return DecoderConfig(
        kind="seed-lstm",
        vocabulary_size=words + len(_SPECIAL_WORDS) - 1,
        feature_size=embedding,
        embedding_size=embedding,
        hidden_size=_shape(parameters, "linear.weight")[1],
        layers=sum(name.startswith("lstm_cell.weight_hh_l") for name in parameters),
        dropout=0.0,
    )


def _attention(parameters: Mapping[str, Tensor]) -> DecoderConfig:
    words, embedding = _shape(parameters, "embed.weight")
    attention, features = _shape(parameters, "attention.encoder_attn.weight")
    return DecoderConfig(
        kind="seed-attention",
        vocabulary_size=words + len(_SPECIAL_WORDS) - 1,
        feature_size=features,
        embedding_size=embedding,
        hidden_size=_shape(parameters, "fc.weight")[1],
        layers=1,
        attention_size=attention,
        dropout=0.0,
    )


ARCHITECTURES: Mapping[str, Architecture] = {
    "__main__.LLMModel": Architecture("seed-lstm", _lstm, "linear"),
    "__main__.DecoderWithAttention": Architecture("seed-attention", _attention, "fc"),
}


def _shape(parameters: Mapping[str, Tensor], name: str) -> tuple[int, int]:
    tensor = parameters.get(name)
    if tensor is None or tensor.ndim != 2 or 0 in tensor.shape:
        raise SeedImportError(f"the pickled module has no matrix {name}: it is not the seed's")
    rows, columns = tensor.shape
    return rows, columns


def _convert_words(words: list[str], name: str) -> tuple[Vocabulary, list[int | None]]:
    """Our vocabulary, and for each of its ids the seed's (None: the seed has none)."""
    if tuple(words[: len(_SPECIAL_WORDS)]) != _SPECIAL_WORDS:
        raise SeedImportError(f"{name} does not start with {', '.join(_SPECIAL_WORDS)}")
    kept = [index for index in range(len(words)) if index != _SEED_EOS]
    try:
        vocabulary = Vocabulary(words[index] or EMPTY for index in kept)
    except ValueError as error:
        raise SeedImportError(f"{name} cannot be used: {error}") from error
    return vocabulary, [None, _SEED_BOS, _SEED_EOS, None, *kept]


def _reordered(
    parameters: Mapping[str, Tensor], order: list[int | None], output: str, words: int
) -> dict[str, Tensor]:
    """The decoder's parameters with their rows in our order; BOS is read but never said."""
    said = [None, None, *order[2:]]
    converted = {f"decoder.{name}": tensor for name, tensor in parameters.items()}
    for name, rows, missing in (
        ("embed.weight", order, 0.0),
        (f"{output}.weight", said, 0.0),
        (f"{output}.bias", said, _NEVER),
    ):
        tensor = parameters.get(name)
        if tensor is None or tensor.shape[:1] != (words,):
            raise SeedImportError(
                f"the vocabulary has {words} words, but the module's {name} is "
                + ("missing" if tensor is None else f"for {next(iter(tensor.shape), 0)}")
                + ": they do not belong together"
            )
        converted[f"decoder.{name}"] = _rows(tensor, rows, missing)
    return converted


def _rows(tensor: Tensor, rows: list[int | None], missing: float) -> Tensor:
    picked = tensor.new_full((len(rows), *tensor.shape[1:]), missing)
    present = [index for index, row in enumerate(rows) if row is not None]
    picked[present] = tensor[[row for row in rows if row is not None]]
    return picked


def _digest(tensors: Mapping[str, Tensor], words: Iterable[str]) -> str:
    """Twelve characters that differ where the models do."""
    digest = hashlib.sha256("\n".join(words).encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()[:12]
