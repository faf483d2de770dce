"""What a training begins with: an untrained model, or one that is trained further."""

from dataclasses import replace
from typing import NamedTuple

from captioning.card import Card
from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.encoders import Encoder, channels_last
from captioning.vocabulary import Vocabulary
from training.config import ConfigError, TrainConfig
from training.new_words import grown, with_words
from training.run_facts import title_of


class Start(NamedTuple):
    """What a training goes on from."""

    model: Model
    vocabulary: Vocabulary
    """The words that the model says."""
    steps: int
    """That it was trained for before."""
    card: Card | None
    """Of the finished model that it is; None for an untrained one."""

    @property
    def title(self) -> str | None:
        """What the trained model's card calls what it goes on from."""
        return title_of(self.card) if self.card else None


def starting_model(config: TrainConfig, vocabulary: Vocabulary) -> Start:
    """The network to train, on the processor.

    Args:
        vocabulary: the dataset's; see `TrainConfig.words` for what a model that is trained further
            makes of it.

    Raises:
        ConfigError: when the model to go on from is not the one that `config` describes.
        UnknownModelError: when there is no such model.
        CheckpointError: when its file is damaged.
    """
    if config.start is None:
        encoder = Encoder(config.encoder)
        decoder_config = DecoderConfig(
            vocabulary_size=len(vocabulary), feature_size=encoder.channels, **config.decoder
        )
        return Start(channels_last(Model(encoder, decoder_config)), vocabulary, 0, None)
    checkpoint = Checkpoint.load(locate(config.start))
    if checkpoint.encoder_name != config.encoder:
        raise ConfigError(
            f"{config.start} has the encoder {checkpoint.encoder_name}, not {config.encoder}: "
            "name the same encoder, or begin without start"
        )
    wanted = replace(checkpoint.decoder_config, **config.decoder)
    # Dropout has no weights, so that it alone may change.
    if replace(wanted, dropout=checkpoint.decoder_config.dropout) != checkpoint.decoder_config:
        raise ConfigError(
            f"{config.start} has another decoder than [decoder] describes: leave out all but "
            f"dropout, or begin without start ({checkpoint.decoder_config})"
        )
    checkpoint = replace(checkpoint, decoder_config=wanted)
    if config.words != "start":
        own = checkpoint.vocabulary
        words = vocabulary if config.words == "prepared" else grown(own, vocabulary)
        try:
            checkpoint = with_words(checkpoint, words)
        except ValueError as error:
            raise ConfigError(f"{config.start} keeps its words: {error}") from error
    return Start(
        channels_last(checkpoint.build()),
        checkpoint.vocabulary,
        checkpoint.card.steps,
        checkpoint.card,
    )
