"""From a training run to a small, verified file that people install, with its model card."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path

from rich.console import Console

from captioning import MODELS, CaptioningError
from captioning.checkpoint import Card, Checkpoint
from captioning.search import SearchOptions
from training.dev_scores import GREEDY
from training.evaluate import Evaluation, encode_split, evaluate_decoder
from training.prepare import Split, load_split
from training.run_folder import RunFolder

MOST_LOST_CIDER = 0.5
"""Largest fall of dev CIDEr that quantising may cost; else the encoder stays in fp16."""

_SEARCHES = ((2, 0.8), (3, 0.5), (3, 0.8), (3, 1.1), (5, 0.6), (5, 0.8))
"""Beam sizes and length penalties to choose from."""

_LICENCE = (
    "MIT for the weights as far as they are ours. They were trained on Flickr8k, whose photos "
    "belong to their authors and whose annotations are for research and education."
)


_HABITS: Mapping[str, Callable[[Evaluation], str]] = {
    "end by themselves": lambda found: f"{found.share_ended:.1%}",
    "say a word twice in a row": lambda found: f"{found.share_repeating:.1%}",
    "end in an article, preposition or conjunction": lambda found: f"{found.share_dangling:.1%}",
    "different words in all of them": lambda found: f"{found.distinct_words:,}",
    "CIDEr": lambda found: f"{found.scores.cider:.2f}",
    "BLEU-4": lambda found: f"{found.scores.bleu4:.2f}",
}
"""What a model card tells of captions, beside the metrics of how they are shipped."""


class PublishError(CaptioningError):
    """The small file captions worse than the training's own weights."""


def publish(
    run: Path,
    prepared: Path,
    out: Path,
    *,
    version: str,
    notes: str = "",
    logit_adjustment: float = 0.0,
) -> Path:
    """Choose how to caption on dev, quantise, verify, and write file and card into `out`.

    Chosen are the search options, and whether the encoder sees the photo's mirror image too.

    Args:
        logit_adjustment: see `captioning.search`; with it, the search options are chosen.

    Returns:
        The path of the published checkpoint.

    Raises:
        ModelError: when the run has no checkpoint yet.
        CheckpointError: when it is damaged.
        PublishError: when quantising costs more than `MOST_LOST_CIDER` of dev CIDEr.
    """
    console = Console()
    split = load_split(prepared, "dev")
    trained = Checkpoint.load(RunFolder(run).captioning())
    said = load_split(prepared, "train").captions
    trained.vocabulary = trained.vocabulary.counted(chain.from_iterable(said))
    trained, reference = _choose(trained, split, logit_adjustment, console)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{trained.card.model}.safetensors"
    parts, published, measured = _quantised(trained, reference, split, path, console)
    card = _card(trained.card, measured, version, notes)
    # Saved from the trained weights, since quantising what was quantised would round twice.
    replace(trained, card=card).save(path, quantise=parts)
    habits = {"as shipped": measured}
    greedily = replace(GREEDY, logit_adjustment=logit_adjustment)
    habits["greedily, nothing blocked"] = _evaluate(published, split, greedily)
    if logit_adjustment:
        habits["the same without logit adjustment"] = _evaluate(published, split, GREEDY)
    path.with_suffix(".md").write_text(
        model_card(replace(published, card=card), path, parts, reference, habits), encoding="utf-8"
    )
    return path


def _quantised(
    trained: Checkpoint, reference: Evaluation, split: Split, path: Path, console: Console
) -> tuple[Sequence[str], Checkpoint, Evaluation]:
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
            measured = _evaluate(published, split, trained.search)
            lost = reference.scores.cider - measured.scores.cider
            console.print(
                f"{' and '.join(parts)} in int8: dev CIDEr {measured.scores.cider:.2f}, "
                f"{lost:+.2f} lost"
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
    checkpoint: Checkpoint, split: Split, logit_adjustment: float, console: Console
) -> tuple[Checkpoint, Evaluation]:
    """The checkpoint with the sides, beam size and length penalty that have the best dev CIDEr."""
    model = checkpoint.build()
    results: list[tuple[Checkpoint, Evaluation]] = []
    for both_sides in (False, True):
        preprocessing = replace(checkpoint.preprocessing, both_sides=both_sides)
        features = encode_split(model.encoder, split, preprocessing)
        for beam_size, length_penalty in _SEARCHES:
            options = SearchOptions(
                beam_size=beam_size,
                length_penalty=length_penalty,
                logit_adjustment=logit_adjustment,
            )
            evaluation = evaluate_decoder(
                model.decoder, checkpoint.vocabulary, features, split, options
            )
            console.print(
                f"{'both sides' if both_sides else 'one side'}, beam {beam_size}, "
                f"length penalty {length_penalty}: "
                f"CIDEr {evaluation.scores.cider:.2f}, BLEU-4 {evaluation.scores.bleu4:.2f}"
            )
            chosen = replace(checkpoint, search=options, preprocessing=preprocessing)
            results.append((chosen, evaluation))
    return max(results, key=lambda result: result[1].scores.cider)


def _evaluate(checkpoint: Checkpoint, split: Split, options: SearchOptions) -> Evaluation:
    model = checkpoint.build()
    features = encode_split(model.encoder, split, checkpoint.preprocessing)
    return evaluate_decoder(model.decoder, checkpoint.vocabulary, features, split, options)


def _card(trained: Card, measured: Evaluation, version: str, notes: str) -> Card:
    scores = {name: round(value, 2) for name, value in asdict(measured.scores).items()}
    return replace(
        trained,
        version=version,
        scores=scores,
        licence=_LICENCE,
        notes=notes,
    )


def model_card(
    checkpoint: Checkpoint,
    path: Path,
    parts: Sequence[str],
    reference: Evaluation,
    habits: Mapping[str, Evaluation],
) -> str:
    """The model card as Markdown.

    Args:
        path: the published file.
        parts: what of it is quantised.
        reference: of the weights before they were quantised, with the same decoding.
        habits: of the published weights, by how they were decoded.
    """
    card, search = checkpoint.card, checkpoint.search
    parameters = sum(tensor.numel() for tensor in checkpoint.weights.values())
    rows = "\n".join(f"| {name} | {value} |" for name, value in card.scores.items())
    sides = ", and its mirror image" if checkpoint.preprocessing.both_sides else ""
    notes = f"\n{card.notes}\n" if card.notes else ""
    table = "\n".join(
        f"| {name} | " + " | ".join(tell(found) for found in habits.values()) + " |"
        for name, tell in _HABITS.items()
    )
    return f"""# {MODELS.get(card.model, card.model)} (`{card.model}` {card.version})

Describes a photo in one English sentence.

| | |
|---|---|
| encoder | torchvision `{checkpoint.encoder_name}`, every parameter fine-tuned |
| decoder | `{checkpoint.decoder_config.kind}`, {len(checkpoint.vocabulary)} words |
| parameters | {parameters / 1e6:.1f} million |
| file | {path.stat().st_size / 1e6:.1f} MB, {" and ".join(parts)} in int8 with a scale per output \
row, the rest in fp16 |
| input | the whole photo squeezed to {checkpoint.preprocessing.size} × \
{checkpoint.preprocessing.size}{sides} |
| decoding | beam {search.beam_size}, length penalty {search.length_penalty}, \
{search.block_ngram}-grams not repeated, logit adjustment {search.logit_adjustment} |
| trained on | {card.training_data}, {card.steps:,} steps |
| licence | {card.licence} |

Scores on the dev split (1,000 photos, free-running, against the raw references), ×100:

| metric | score |
|---|---|
{rows}

The fp32 weights score CIDEr {reference.scores.cider:.2f} with the same decoding.

The {len(next(iter(habits.values())).captions):,} captions, by how they were decoded:

| | {" | ".join(habits)} |
|---|{"---|" * len(habits)}
{table}
{notes}
It knows the everyday scenes of Flickr8k: people, dogs, sport, water, streets. It guesses about
anything else, counts badly, cannot read, and repeats the habits of its annotators, assumptions
about gender and age included. Do not use it where a wrong description does harm.
"""
