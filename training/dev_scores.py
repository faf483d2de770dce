"""What an epoch came to on dev: a row of the curve and, when it is the best, a checkpoint."""

from dataclasses import replace
from pathlib import Path

from captioning.checkpoint import Card, Checkpoint, Model
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from training.config import TrainConfig
from training.curve import add_epoch
from training.evaluate import encode_splits, evaluate_splits
from training.prepared import load_splits
from training.run_folder import RunFolder
from training.run_state import Progressed

GREEDY = SearchOptions(beam_size=1, block_ngram=0)
"""What training watches: one word after the other, nothing blocked."""


class DevScores:
    """Scores epochs of one training on the dev split of each dataset.

    Args:
        card: what is known of the model, without steps and scores.

    Raises:
        DatasetError: when dev was not prepared.
    """

    def __init__(
        self,
        config: TrainConfig,
        prepared: Path,
        run: RunFolder,
        vocabulary: Vocabulary,
        card: Card,
    ) -> None:
        self._config, self._run, self._vocabulary, self._card = config, run, vocabulary, card
        self._splits = load_splits(prepared, "dev")
        self._preprocessing = Preprocessing(size=config.image_size)

    def score(self, model: Model, now: Progressed) -> float:
        """Write the epoch's row and its checkpoint, and the best one when it is that so far.

        Returns:
            CIDEr of greedy captions, its mean over the datasets.
        """
        features = encode_splits(model.encoder, self._splits, self._preprocessing)
        found = evaluate_splits(model.decoder, self._vocabulary, features, self._splits, GREEDY)
        bleu4 = found.mean(lambda one: one.scores.bleu4)
        checkpoint = self._checkpoint(
            model, now, {"cider_greedy": found.cider, "bleu4_greedy": bleu4}
        )
        checkpoint.save(self._run.last)
        if found.cider > now.best_cider:
            checkpoint.save(self._run.best)
        of_each = {
            f"dev_cider_{name}": f"{one.scores.cider:.2f}" for name, one in found.by_dataset.items()
        }
        self._report(
            now,
            dev_cider=f"{found.cider:.2f}",
            dev_bleu4=f"{bleu4:.2f}",
            dev_ended=f"{found.mean(lambda one: one.share_ended):.4f}",
            dev_chair=f"{found.mean(lambda one: one.chair.per_caption):.4f}",
            **of_each if len(of_each) > 1 else {},
        )
        return found.cider

    def skip(self, now: Progressed) -> None:
        """Write the row of an epoch that taught no captions."""
        self._report(now)

    def _report(self, now: Progressed, **scores: str) -> None:
        row = {
            "phase": str(now.phase + 1),
            "epoch": str(now.epoch + 1),
            "step": str(now.total_steps),
            self._config.phases[now.phase].objective.shows: _text(now.mean_objective),
            **scores,
        }
        add_epoch(self._run.curve, row)
        print(" ".join(f"{key}={value}" for key, value in row.items()), flush=True)

    def _checkpoint(self, model: Model, now: Progressed, scores: dict[str, float]) -> Checkpoint:
        return Checkpoint(
            card=replace(
                self._card,
                steps=now.total_steps,
                scores={name: round(value, 2) for name, value in scores.items()},
            ),
            encoder_name=self._config.encoder,
            decoder_config=model.decoder.config,
            vocabulary=self._vocabulary,
            preprocessing=self._preprocessing,
            search=SearchOptions(),
            weights={
                name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()
            },
        )


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
