"""All that a checkpoint says of its model beside the weights, readable without torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from captioning.card import Card, CheckpointError, read_document
from captioning.confidence import ConfidenceModel
from captioning.decoder_protocol import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary


@dataclass(slots=True)
class Description:
    """A model without its weights."""

    card: Card
    encoder_name: str
    decoder_config: DecoderConfig
    vocabulary: Vocabulary
    preprocessing: Preprocessing
    search: SearchOptions
    confidence: ConfidenceModel | None = field(default=None, kw_only=True)
    """None of a model that was not calibrated: it does not know when it guesses."""


def read_description(path: Path) -> Description:
    """What a checkpoint says.

    Raises:
        CheckpointError: saying what is wrong with the file.
    """
    return Description(**parts_of(path, read_document(path)))


def parts_of(path: Path, document: dict[str, Any]) -> dict[str, Any]:
    """The fields of a `Description`, from a checkpoint's document.

    Raises:
        CheckpointError: when one is missing or impossible.
    """
    try:
        preprocessing, confidence = document["preprocessing"], document.get("confidence")
        decoder = DecoderConfig(**document["decoder"])
        return {
            "card": Card(**document["card"]),
            "encoder_name": document["encoder"],
            "decoder_config": decoder,
            "vocabulary": Vocabulary(document["vocabulary"], document.get("word_counts", ())),
            "preprocessing": Preprocessing(
                **preprocessing
                | {"mean": tuple(preprocessing["mean"]), "std": tuple(preprocessing["std"])}
            ),
            "search": SearchOptions(**document["search"]),
            "confidence": confidence
            and ConfidenceModel.of_document(confidence, decoder.feature_size),
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"the metadata of {path} is damaged: {error}") from error
