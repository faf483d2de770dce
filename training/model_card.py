"""What a model's card tells, all of it from what its training and its measurements know."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from captioning.card import Card
from captioning.catalogue import title
from captioning.checkpoint import Checkpoint
from captioning.confidence import ConfidenceModel
from training.evaluate import Evaluation, Evaluations
from training.pairing.facts import Pairing
from training.prepared import Source, described, licences
from training.run_facts import UNPUBLISHED, RunFacts, title_of

_HABITS: Mapping[str, Callable[[Evaluation], str]] = {
    "end by themselves": lambda found: f"{found.share_ended:.1%}",
    "say a word twice in a row": lambda found: f"{found.share_repeating:.1%}",
    "end in an article, preposition or conjunction": lambda found: f"{found.share_dangling:.1%}",
    "name an object that no reference names (CHAIRs)": (
        lambda found: f"{found.chair.per_caption:.1%}"
    ),
    "such objects among those they name (CHAIRi)": lambda found: f"{found.chair.per_object:.1%}",
    "different words in all of them": lambda found: f"{found.distinct_words:,}",
    "CIDEr": lambda found: f"{found.scores.cider:.2f}",
    "BLEU-4": lambda found: f"{found.scores.bleu4:.2f}",
}
"""What a model card tells of captions, beside the metrics of how they are shipped."""


def trained_on(
    model: str, sources: Sequence[Source], start: Card | None, pairing: Pairing | None = None
) -> Card:
    """The card of a model in training, without steps and scores.

    Args:
        sources: the datasets of its prepared folder.
        pairing: where its pseudo captions come from, when it learns them.
        start: of the model it goes on from, whose data and terms are its own too.
    """
    data = described(sources, "train")
    if pairing:
        data += f"; {pairing}"
    terms = licences(source for source in sources if any(source.photos.values()))
    if start and start.training_data not in ("", data):
        data += f"; before that, as {title_of(start)}, on {start.training_data}"
    if start and start.licence not in ("", terms):
        terms += f" It goes on from {title_of(start)}: {start.licence}"
    return Card(model, UNPUBLISHED, training_data=data, licence=terms)


def model_card(
    checkpoint: Checkpoint,
    path: Path,
    parts: Sequence[str],
    facts: RunFacts | None,
    reference: Evaluations,
    habits: Mapping[str, Evaluations],
) -> str:
    """The model card as Markdown.

    Args:
        path: the published file.
        parts: what of it is quantised.
        facts: of the run; None when it noted none.
        reference: of the weights before they were quantised, with the same decoding.
        habits: of the published weights, by how they were decoded; first as they are shipped.
    """
    card, search = checkpoint.card, checkpoint.search
    parameters = sum(tensor.numel() for tensor in checkpoint.weights.values())
    sides = ", and its mirror image" if checkpoint.preprocessing.both_sides else ""
    encoder, taught = "", ""
    if facts:
        encoder = f", {facts.encoder(card.steps)}"
        if teachers := facts.teachers(card.steps):
            taught = f"| taught by | {', '.join(teachers)} |\n"
    notes = f"\n{card.notes}\n" if card.notes else ""
    shipped = next(iter(habits.values()))
    habit_tables = "\n".join(_habit_table(name, habits) for name in shipped.by_dataset)
    return f"""# {title(card.model)} (`{card.model}` {card.version})

Describes a photo in one English sentence.

| | |
|---|---|
| encoder | torchvision `{checkpoint.encoder_name}`{encoder} |
| decoder | `{checkpoint.decoder_config.kind}`, {len(checkpoint.vocabulary)} words |
| parameters | {parameters / 1e6:.1f} million |
| file | {path.stat().st_size / 1e6:.1f} MB, {" and ".join(parts)} in int8 with a scale per output \
row, the rest in fp16 |
| input | the whole photo squeezed to {checkpoint.preprocessing.size} × \
{checkpoint.preprocessing.size}{sides} |
| decoding | beam {search.beam_size}, length penalty {search.length_penalty}, \
{search.block_ngram}-grams not repeated, logit adjustment {search.logit_adjustment} |
| trained on | {card.training_data}, {card.steps:,} steps |
{taught}| licence | {card.licence} |

Scores on the dev split, free-running, against the raw references, ×100:

{_score_table(card, shipped)}

The fp32 weights score CIDEr {reference.cider:.2f} with the same decoding.

{habit_tables}
{_confidence(checkpoint.confidence)}{notes}
It knows such scenes as it was trained on, and guesses about anything else. It counts badly, cannot
read, and repeats the habits of its annotators, assumptions about gender and age included. Do not
use it where a wrong description does harm.
"""


def _confidence(confidence: ConfidenceModel | None) -> str:
    """How well the model knows when it guesses, and how that is measured."""
    if confidence is None or confidence.held_out is None:
        return ""
    found = confidence.held_out
    rows: list[tuple[object, ...]] = [("confidence", "that fit", "captions")]
    rows += [(f"{one.confidence:.1%}", f"{one.fitting:.1%}", one.captions) for one in found.bins]
    auc = "not to be told" if found.auc is None else f"{found.auc:.3f}"
    return f"""Each caption comes with a confidence, from 0 to 1, that it names at least one object
or noun of the references; the rest of it may still be wrong. Fitted on one half of the dev photos
and measured on the other ({found.captions:,} captions, of which {found.fitting:.1%} fit), it has
AUC {auc}, Brier score {found.brier:.3f} and expected calibration error \
{found.calibration_error:.3f}. What is in the file is fitted on both halves.

{_table(rows)}
"""


def _score_table(card: Card, shipped: Evaluations) -> str:
    """The card's scores; of several datasets the mean and each one's."""
    names = list(shipped.by_dataset)
    rows: list[tuple[object, ...]] = []
    if len(names) == 1:
        rows += [("metric", "score"), *card.scores.items()]
    else:
        metrics = [metric for metric in card.scores if metric_of(metric, names[0]) in card.scores]
        heads = (f"{name} ({len(shipped.by_dataset[name].captions):,} photos)" for name in names)
        rows.append(("metric", "mean", *heads))
        rows += [
            (
                metric,
                card.scores[metric],
                *(card.scores[metric_of(metric, name)] for name in names),
            )
            for metric in metrics
        ]
    return _table(rows)


def metric_of(metric: str, dataset: str) -> str:
    """What a card calls a metric on one of several datasets."""
    return f"{metric}_{dataset}"


def _habit_table(dataset: str, habits: Mapping[str, Evaluations]) -> str:
    found = [evaluations.by_dataset[dataset] for evaluations in habits.values()]
    rows: list[tuple[object, ...]] = [("", *habits)]
    rows += [(name, *map(tell, found)) for name, tell in _HABITS.items()]
    return (
        f"The {len(found[0].captions):,} captions of {dataset}, by how they were decoded:\n\n"
        f"{_table(rows)}\n"
    )


def _table(rows: Sequence[Iterable[object]]) -> str:
    """Markdown; the first row is the head."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    columns = len(list(rows[0]))
    return "\n".join([lines[0], f"|{'---|' * columns}", *lines[1:]])
