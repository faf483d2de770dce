"""What an epoch came to on dev: a row of the curve and, when it is the best, a checkpoint."""

from pathlib import Path

from captioning.checkpoint import Card, Checkpoint, Model
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from training.config import TrainConfig
from training.curve import add_epoch
from training.evaluate import encode_split, evaluate_decoder
from training.prepare import load_split
from training.run_facts import UNPUBLISHED
from training.run_folder import RunFolder
from training.run_state import Progressed

GREEDY = SearchOptions(beam_size=1, block_ngram=0)
"""What training watches: one word after the other, nothing blocked."""


class DevScores:
    """Scores epochs of one training.

    Args:
        training_data: what the model is trained on, for its card.

    Raises:
        DatasetError: when dev was not prepared.
    """

    def __init__(
        self,
        config: TrainConfig,
        prepared: Path,
        run: RunFolder,
        vocabulary: Vocabulary,
        training_data: str,
    ) -> None:
        self._config, self._run, self._vocabulary = config, run, vocabulary
        self._split = load_split(prepared, "dev")
        self._preprocessing = Preprocessing(size=config.image_size)
        self._training_data = training_data

    def score(self, model: Model, now: Progressed) -> float:
        """Write the epoch's row and its checkpoint, and the best one when it is that so far.

        Returns:
            CIDEr of greedy captions.
        """
        features = encode_split(model.encoder, self._split, self._preprocessing)
        evaluation = evaluate_decoder(
            model.decoder, self._vocabulary, features, self._split, GREEDY
        )
        scores = evaluation.scores
        greedy = {"cider_greedy": scores.cider, "bleu4_greedy": scores.bleu4}
        checkpoint = self._checkpoint(model, now, greedy)
        checkpoint.save(self._run.last)
        if scores.cider > now.best_cider:
            checkpoint.save(self._run.best)
        self._report(
            now,
            dev_cider=f"{scores.cider:.2f}",
            dev_bleu4=f"{scores.bleu4:.2f}",
            dev_ended=f"{evaluation.share_ended:.4f}",
        )
        return scores.cider

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
            card=Card(
                model=self._config.model,
                version=UNPUBLISHED,
                training_data=self._training_data,
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
