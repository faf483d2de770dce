"""From a training run to a small, verified file that people install, with its model card."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from statistics import fmean

from PIL import Image
from rich.console import Console

from captioning import CaptioningError, captioner_of
from captioning.checkpoint import Checkpoint
from captioning.confidence import ConfidenceModel
from captioning.search import SearchOptions
from training.confidence import CalibrationError, Photo, answers, fitted, told
from training.dev_scores import GREEDY
from training.evaluate import Evaluations, encode_splits, evaluate_splits
from training.model_card import metric_of, model_card
from training.prepared import Split, licences, load_split, load_splits, sources_of
from training.run_facts import load_facts
from training.run_folder import RunFolder

MOST_LOST_CIDER = 0.5
"""Largest fall of dev CIDEr that quantising may cost; else the encoder stays in fp16."""

_SEARCHES = ((2, 0.8), (3, 0.5), (3, 0.8), (3, 1.1), (5, 0.6), (5, 0.8))
"""Beam sizes and length penalties to choose from."""


class PublishError(CaptioningError):
    """The small file captions worse than the training's own weights."""


def publish(
    run: Path,
    prepared: Path,
    out: Path,
    *,
    version: str,
    notes: str = "",
    licence: str = "",
    logit_adjustment: float = 0.0,
) -> Path:
    """Choose how to caption on dev, quantise, verify, and write file and card into `out`.

    Chosen are the search options, and whether the encoder sees the photo's mirror image too, by the
    mean CIDEr of the prepared datasets.

    Args:
        licence: of the weights; the card tells the terms of the data behind it.
        logit_adjustment: see `captioning.search`; with it, the search options are chosen.

    Returns:
        The path of the published checkpoint.

    Raises:
        ModelError: when the run has no checkpoint yet.
        CheckpointError: when it is damaged.
        PublishError: when quantising costs more than `MOST_LOST_CIDER` of dev CIDEr.
    """
    console = Console()
    folder, splits = RunFolder(run), load_splits(prepared, "dev")
    trained = Checkpoint.load(folder.captioning())
    said = load_split(prepared, "train").captions
    trained.vocabulary = trained.vocabulary.counted(chain.from_iterable(said))
    trained, reference = _choose(trained, splits, logit_adjustment, console)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{trained.card.model}.safetensors"
    parts, published, measured = _quantised(trained, reference, splits, path, console)
    terms = trained.card.licence or licences(sources_of(prepared))
    card = replace(
        trained.card,
        version=version,
        scores=_scores(measured),
        licence=f"{licence} Trained on {terms}".strip(),
        notes=notes,
    )
    confidence = _confidence(published, splits, console)
    # Saved from the trained weights, since quantising what was quantised would round twice.
    replace(trained, card=card, confidence=confidence).save(path, quantise=parts)
    habits = {"as shipped": measured}
    greedily = replace(GREEDY, logit_adjustment=logit_adjustment)
    habits["greedily, nothing blocked"] = _evaluate(published, splits, greedily)
    if logit_adjustment:
        habits["the same without logit adjustment"] = _evaluate(published, splits, GREEDY)
    described = replace(published, card=card, confidence=confidence)
    text = model_card(described, path, parts, load_facts(folder.facts), reference, habits)
    path.with_suffix(".md").write_text(text, encoding="utf-8")
    return path


def _quantised(
    trained: Checkpoint,
    reference: Evaluations,
    splits: Mapping[str, Split],
    path: Path,
    console: Console,
) -> tuple[Sequence[str], Checkpoint, Evaluations]:
    """As many parts in int8 as dev CIDEr allows, what comes back from that file, and its scores.

    Raises:
        PublishError: when quantising the decoder alone costs too much.
    """
    lost = 0.0
    candidate = path.with_name(path.name + ".candidate")
    try:
        # Small encoders suffer from rounding, and hardly make the file larger without.
        for parts in (("encoder", "decoder"), ("decoder",)):
            trained.save(candidate, quantise=parts)
            published = Checkpoint.load(candidate)
            measured = _evaluate(published, splits, trained.search)
            lost = reference.cider - measured.cider
            console.print(
                f"{' and '.join(parts)} in int8: dev CIDEr {measured.cider:.2f}, {lost:+.2f} lost"
            )
            if lost <= MOST_LOST_CIDER:
                return parts, published, measured
    finally:
        candidate.unlink(missing_ok=True)
    raise PublishError(
        f"quantising {trained.card.model} costs {lost:.2f} CIDEr on dev, "
        f"more than {MOST_LOST_CIDER}"
    )


def _choose(
    checkpoint: Checkpoint, splits: Mapping[str, Split], logit_adjustment: float, console: Console
) -> tuple[Checkpoint, Evaluations]:
    """The checkpoint with the sides, beam size and length penalty that have the best dev CIDEr."""
    model = checkpoint.build()
    results: list[tuple[Checkpoint, Evaluations]] = []
    for both_sides in (False, True):
        preprocessing = replace(checkpoint.preprocessing, both_sides=both_sides)
        features = encode_splits(model.encoder, splits, preprocessing)
        for beam_size, length_penalty in _SEARCHES:
            options = SearchOptions(
                beam_size=beam_size,
                length_penalty=length_penalty,
                logit_adjustment=logit_adjustment,
            )
            found = evaluate_splits(model.decoder, checkpoint.vocabulary, features, splits, options)
            console.print(
                f"{'both sides' if both_sides else 'one side'}, beam {beam_size}, "
                f"length penalty {length_penalty}: "
                f"CIDEr {found.cider:.2f}, BLEU-4 {found.mean(lambda one: one.scores.bleu4):.2f}"
            )
            chosen = replace(checkpoint, search=options, preprocessing=preprocessing)
            results.append((chosen, found))
    return max(results, key=lambda result: result[1].cider)


def _evaluate(
    checkpoint: Checkpoint, splits: Mapping[str, Split], options: SearchOptions
) -> Evaluations:
    model = checkpoint.build()
    features = encode_splits(model.encoder, splits, checkpoint.preprocessing)
    return evaluate_splits(model.decoder, checkpoint.vocabulary, features, splits, options)


def _confidence(
    published: Checkpoint, splits: Mapping[str, Split], console: Console
) -> ConfidenceModel | None:
    """How sure the model may be of its captions; None where dev is too small to learn that."""
    photos = (
        Photo(f"{dataset}/{name}", Image.fromarray(split.pixels[row : row + 1][0]), references)
        for dataset, split in splits.items()
        for row, (name, references) in enumerate(zip(split.names, split.captions, strict=True))
    )
    try:
        confidence = fitted(answers(captioner_of(published, engine="torch"), photos))
    except CalibrationError as error:
        console.print(f"without confidence: {error}", style="yellow")
        return None
    console.print(f"confidence: {told(confidence)}", highlight=False)
    return confidence


def _scores(measured: Evaluations) -> dict[str, float]:
    """Each metric; of several datasets its mean, and each dataset's behind the dataset's name."""
    each = {name: asdict(found.scores) for name, found in measured.by_dataset.items()}
    metrics = list(next(iter(each.values())))
    scores = {metric: fmean(one[metric] for one in each.values()) for metric in metrics}
    if len(each) > 1:
        scores |= {metric_of(m, name): one[m] for name, one in each.items() for m in metrics}
    return {name: round(value, 2) for name, value in scores.items()}
