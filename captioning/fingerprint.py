"""A short name of exactly what a model says: equal fingerprints give equal captions."""

import hashlib
import json
from dataclasses import asdict

import numpy as np

from captioning.checkpoint import Checkpoint

_BYTES = 6


def fingerprint(checkpoint: Checkpoint) -> str:
    """Twelve hexadecimal digits of the weights, the vocabulary, the preprocessing and the search.

    A version is a promise of whoever publishes a model; this is what was published. Titles, scores
    and everything else on the card leave it as it is.
    """
    digest = hashlib.blake2b(digest_size=_BYTES)
    description = {
        "encoder": checkpoint.encoder_name,
        "decoder": asdict(checkpoint.decoder_config),
        "vocabulary": checkpoint.vocabulary.words,
        "word_counts": checkpoint.vocabulary.counts,
        "preprocessing": asdict(checkpoint.preprocessing),
        "search": asdict(checkpoint.search),
    }
    digest.update(json.dumps(description, sort_keys=True).encode())
    for name, tensor in sorted(checkpoint.weights.items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.cpu().numpy()).data)
    return digest.hexdigest()
