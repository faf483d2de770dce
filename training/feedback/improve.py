"""From a curated dataset to a model that has learnt from it: a training of minutes.

The encoder stays as it is, so that each photo is looked at once; only the decoder learns.
"""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import torch
from rich.console import Console

from captioning import CaptioningError
from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint
from captioning.vocabulary import Vocabulary, tokenise
from training.averaging import weighed
from training.config import Phase, TrainConfig
from training.datasets import load_dataset
from training.datasets.decisions import FILE as DECISIONS
from training.datasets.own import OWN_FILES, PREFERENCES, load_preferences
from training.feedback.dataset_folder import MANIFEST
from training.model_card import trained_on
from training.new_words import WORD_ROWS, grown
from training.objectives.feedback import Feedback
from training.prepare import prepare
from training.prepared import Split, load_split, sources_of
from training.run_facts import title_of
from training.run_folder import RunFolder

IMPROVED = "improved.safetensors"
"""The file in the run's folder that is compared and, if it is better, promoted."""
SEED = 1

_PREPARED = "prepared"
_KEY = "improve.key"
_FEWEST = 20


class ImproveError(CaptioningError):
    """There is nothing to learn from; the text says why."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model learns from what people said.

    The defaults are taken from earlier trainings; training/RESULTS.md says what was measured.
    """

    epochs: int = 4
    rate: float = 5e-4
    """The decoder's highest learning rate."""
    share: float = 0.6
    """Of the trained weights in what comes out; the rest is what they were before (Wortsman et
    al., "Robust fine-tuning of zero-shot models", 2022). That keeps most of what was learnt, and
    much of what would be forgotten."""
    min_count: int = 3
    """How often people must say a word before the model learns it."""
    replay: float = 1.0
    """Photos of the former training data, for each photo that people spoke of."""
    distillation: float = 0.3
    """Of what is learned, where there are no former training data."""
    preferences: float = 0.0
    """Weight of the loss on preferring what people prefer."""
    captions_per_photo: int = 2
    """That a step learns of a photo, drawn anew each time."""


def improve(
    dataset: Path,
    run: Path,
    *,
    start: str,
    replay: Sequence[Path] = (),
    recipe: Recipe | None = None,
    version: str | None = None,
    seed: int = SEED,
) -> Path:
    """Train a model further on a curated dataset, into the folder `run`.

    An interrupted training goes on when it is called again in the same way.

    Args:
        dataset: a folder of `caption-train curate`, or any dataset of one's own.
        start: the name of a bundled model, or a checkpoint.
        replay: datasets that `start` was trained on. Without any, it is kept from forgetting by
            what it said before.
        version: of the new model; the start's with a hash of the dataset when None.

    Returns:
        The path of the new model's checkpoint.

    Raises:
        ImproveError: when the dataset has too few photos, or another training lies in `run`.
        CaptioningError: for a dataset or model that cannot be used.
    """
    recipe = recipe or Recipe()
    # A stranger's words could not be learnt: an imported model says so before any photo is read.
    old = Checkpoint.load(locate(start))
    records = load_dataset(dataset, "train")
    if len(records) < _FEWEST:
        raise ImproveError(
            f"{dataset} has {len(records)} photos to learn from: with fewer than {_FEWEST}, wait "
            "for more feedback"
        )
    folder = RunFolder(run)
    prepared = run / _PREPARED
    lent = {root: round(recipe.replay * len(records) / len(replay)) for root in replay}
    run.mkdir(parents=True, exist_ok=True)
    _claim(run, _key(dataset, start, replay, recipe, seed))
    if not folder.state.exists():
        shutil.rmtree(prepared, ignore_errors=True)
        prepare(
            [dataset, *replay],
            prepared,
            min_count=recipe.min_count,
            unlabelled=False,
            lent=lent,
        )
    _train(_config(old, start, recipe, bool(replay), seed), prepared, run)
    improved = _finished(old, folder, recipe, prepared, version or _version(old, dataset))
    path = run / IMPROVED
    # The encoder is as it was: rounding what was rounded before changes nothing.
    improved.save(path, quantise=("encoder",))
    _tell(start, old, improved, dataset, len(records), path)
    return path


def _key(dataset: Path, start: str, replay: Sequence[Path], recipe: Recipe, seed: int) -> str:
    """A hash of all that decides the outcome; of `replay`, its folders' names."""
    digest = sha256(repr((sorted(path.name for path in replay), recipe, seed)).encode())
    digest.update(locate(start).read_bytes())
    for path in (dataset / name for name in (*OWN_FILES, PREFERENCES, DECISIONS)):
        digest.update(path.name.encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _claim(run: Path, key: str) -> None:
    """Note what a run is of, or see that it is of that."""
    path = run / _KEY
    if not path.exists():
        path.write_text(key, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != key:
        raise ImproveError(
            f"{run} holds a training on other feedback, from another model or with other options: "
            "choose another folder with --run, or delete this one"
        )


def _config(
    old: Checkpoint, start: str, recipe: Recipe, has_replay: bool, seed: int
) -> TrainConfig:
    objective = Feedback(
        start,
        captions_per_photo=recipe.captions_per_photo,
        distillation=0.0 if has_replay else recipe.distillation,
        preferences=recipe.preferences,
    )
    phase = Phase(
        recipe.epochs,
        recipe.rate,
        objective=objective,
        warmup_steps=20,
        patience=recipe.epochs,
    )
    return TrainConfig(
        old.card.model,
        old.encoder_name,
        {},
        (phase,),
        image_size=old.preprocessing.size,
        seed=seed,
        average_decay=0.98,
        start=start,
        words="both",
    )


def _train(config: TrainConfig, prepared: Path, run: Path) -> None:
    from training.train import Trainer  # it would load what a mistake in the dataset needs not

    Trainer(config, prepared, run).fit()


def _finished(
    old: Checkpoint, folder: RunFolder, recipe: Recipe, prepared: Path, version: str
) -> Checkpoint:
    """What was learnt, drawn towards the old model; only what it learnt knows the new words."""
    learnt = Checkpoint.load(folder.last)
    vocabulary = _counted(old.vocabulary, learnt.vocabulary, load_split(prepared, "train"))
    before = {
        name: torch.cat([old.weights[name], tensor[len(old.weights[name]) :]])
        if len(vocabulary) > len(old.vocabulary) and name in WORD_ROWS
        else old.weights[name]
        for name, tensor in learnt.weights.items()
    }
    card = replace(
        trained_on(old.card.model, sources_of(prepared), old.card),
        version=version,
        steps=learnt.card.steps,
        notes=f"Improved from {title_of(old.card)} by what people said of its captions.",
    )
    return replace(
        learnt,
        card=card,
        vocabulary=vocabulary,
        preprocessing=old.preprocessing,
        search=old.search,
        confidence=old.confidence,
        weights=weighed(before, learnt.weights, recipe.share),
    )


def _counted(old: Vocabulary, new: Vocabulary, learnt: Split) -> Vocabulary:
    """The new words too, with how often the old model's data would say them."""
    if not old.counts:
        return new
    said = Counter(word for group in learnt.captions for text in group for word in tokenise(text))
    scale = sum(old.counts) / said.total()
    words = new.words[len(old.words) :]
    return grown(old, Vocabulary(words, (round(said[word] * scale) for word in words)))


def _version(old: Checkpoint, dataset: Path) -> str:
    """The same for the same feedback."""
    papers = dataset / MANIFEST
    told = papers if papers.is_file() else dataset / "captions.json"
    digest = sha256(told.read_bytes()).hexdigest()[:8]
    return f"{old.card.version}+people.{digest}"


def _tell(
    start: str, old: Checkpoint, new: Checkpoint, dataset: Path, photos: int, path: Path
) -> None:
    console = Console()
    preferred = len(load_preferences(dataset, "train"))
    words = new.vocabulary.words[len(old.vocabulary) :]
    console.print(
        f"{title_of(new.card)} learnt from {photos:,} photos and {preferred:,} preferences; "
        f"new words: {', '.join(words) or 'none'}",
        highlight=False,
        markup=False,
    )
    console.print(
        f"compare it before it answers anybody: caption-train compare {start} {path} "
        f"--data {dataset}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
