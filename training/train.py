"""Training in phases: on cached features, end to end, and on the model's own samples."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from captioning.checkpoint import Card, Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.encoders import Encoder, channels_last, load_encoder_weights
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import Vocabulary
from training.batches import Augmentation, mirror_safe, normalised, resized, shift
from training.config import Phase, TrainConfig
from training.distillation import FeatureTeacher
from training.evaluate import encode_split, evaluate_decoder
from training.features import cached_features
from training.optimisation import build_optimiser, moving_average, set_rates
from training.prepare import load_split, load_vocabulary
from training.self_critical import SelfCriticalLoss

_SAVE_EVERY = 100  # steps
_GREEDY = SearchOptions(beam_size=1, block_ngram=0)


@dataclass(slots=True)
class Progressed:
    """How far a training has come; saved with the weights, so that it can go on from there."""

    phase: int = 0
    epoch: int = 0
    step: int = 0
    """Within the epoch."""
    total_steps: int = 0
    best_cider: float = float("-inf")
    epochs_without_gain: int = 0


class Trainer:
    """One training run in a folder of its own.

    The folder holds ``best.safetensors`` (the checkpoint with the best dev CIDEr), ``state.pt``
    (everything to go on after an interruption) and ``curve.csv``.

    Args:
        prepared: a folder written by `training.prepare.prepare`.
        encoder_weights: see `captioning.encoders.load_encoder_weights`; a resumed run needs none.

    Raises:
        DatasetError: when the dataset was not prepared.
        EncoderError: when the encoder or its weights are not to be had.
    """

    def __init__(
        self,
        config: TrainConfig,
        prepared: Path,
        run: Path,
        encoder_weights: Path | None = None,
    ) -> None:
        self.config, self.run = config, run
        run.mkdir(parents=True, exist_ok=True)
        self.features_folder = prepared / "features"
        self.train_split = load_split(prepared, "train")
        self.dev_split = load_split(prepared, "dev")
        self.vocabulary: Vocabulary = load_vocabulary(prepared)
        self.preprocessing = Preprocessing(size=config.image_size)
        self.words = [
            [self.vocabulary.encode(caption) for caption in captions]
            for captions in self.train_split.captions
        ]
        self.mirror = torch.tensor([mirror_safe(group) for group in self.train_split.captions])
        torch.manual_seed(config.seed)
        self.model = self._new_model()
        self.teacher = (
            FeatureTeacher(config.teacher, self.model.encoder.channels) if config.teacher else None
        )
        self.average = AveragedModel(self.model, multi_avg_fn=moving_average(config.average_decay))
        self.progressed = Progressed()
        self._reward: SelfCriticalLoss | None = None
        self._saved_optimiser: dict[str, Any] | None = None
        if (run / "state.pt").exists():
            self._restore()
        else:
            weights = load_encoder_weights(config.encoder, encoder_weights)
            self.model.encoder.load_backbone(weights)

    def fit(self) -> None:
        """Train all phases, or what is left of them after an interruption."""
        phases = self.config.phases
        while self.progressed.phase < len(phases):
            self._fit_phase(phases[self.progressed.phase])
            now = self.progressed
            now.phase, now.epoch, now.step, now.epochs_without_gain = now.phase + 1, 0, 0, 0
            self._save(None)

    def _new_model(self) -> Model:
        encoder = Encoder(self.config.encoder)
        decoder_config = DecoderConfig(
            vocabulary_size=len(self.vocabulary),
            feature_size=encoder.channels,
            **self.config.decoder,
        )
        model = Model(self.config.encoder, decoder_config)
        model.encoder = encoder
        return channels_last(model)

    def _fit_phase(self, phase: Phase) -> None:
        helpers = [self.teacher] if self.teacher and phase.imitation else []
        optimiser = build_optimiser(self.model, phase, self.config.weight_decay, *helpers)
        if self._saved_optimiser is not None:
            optimiser.load_state_dict(self._saved_optimiser)
            self._saved_optimiser = None
        batches = math.ceil(len(self.train_split) / phase.images_per_batch)
        batch_source = self._frozen_batch if phase.encoder_lr == 0 else self._augmented_batch
        caches = self._caches(phase) if phase.encoder_lr == 0 else None
        now = self.progressed
        while now.epoch < phase.epochs and now.epochs_without_gain < phase.patience:
            order = np.random.default_rng((self.config.seed, now.phase, now.epoch)).permutation(
                len(self.train_split)
            )
            losses: list[float] = []
            with Progress(transient=True) as progress:
                bar = progress.add_task(
                    f"phase {now.phase + 1} epoch {now.epoch + 1}",
                    total=batches,
                    completed=now.step,
                )
                for step in range(now.step, batches):
                    # Seeded per step, so that a resumed training continues as if never stopped.
                    torch.manual_seed(hash((self.config.seed, now.phase, now.epoch, step)))
                    rows = order[step::batches]
                    share = (now.epoch * batches + step) / (phase.epochs * batches)
                    set_rates(optimiser, phase, now.epoch * batches + step, share)
                    losses.append(self._step(optimiser, rows, phase, batch_source, caches))
                    now.step, now.total_steps = step + 1, now.total_steps + 1
                    progress.update(bar, advance=1)
                    if now.step % _SAVE_EVERY == 0:
                        self._save(optimiser)
            self._end_epoch(phase, losses)
            now.epoch, now.step = now.epoch + 1, 0
            self._save(optimiser)

    def _step(
        self,
        optimiser: torch.optim.Optimizer,
        rows: np.ndarray,
        phase: Phase,
        batch_source: Any,
        caches: Any,
    ) -> float:
        self.model.train()
        if not phase.train_batch_norm:
            self.model.encoder.eval()
        features, imitation = batch_source(rows, phase, caches)  # (I, P, C)
        loss, shown = (
            self._self_critical(phase.samples)(self.model, features, rows.tolist())
            if phase.samples
            else self._cross_entropy(features, rows)
        )
        optimiser.zero_grad()
        (loss + phase.imitation * imitation).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
        optimiser.step()
        self.average.update_parameters(self.model)
        return shown

    def _cross_entropy(self, features: Tensor, rows: np.ndarray) -> tuple[Tensor, float]:
        captions = [words for row in rows for words in self.words[row]]
        owners = torch.tensor([index for index, row in enumerate(rows) for _ in self.words[row]])
        inputs, targets = shift(captions)
        loss = functional.cross_entropy(
            self.model.decoder(features, owners, inputs),
            targets.data,
            label_smoothing=self.config.label_smoothing,
        )
        return loss, float(loss.detach())

    def _self_critical(self, samples: int) -> SelfCriticalLoss:
        if self._reward is None:
            self._reward = SelfCriticalLoss(self.words, samples)
        return self._reward

    def _frozen_batch(
        self, rows: np.ndarray, phase: Phase, caches: Any
    ) -> tuple[Tensor, Tensor | float]:
        mirrored = self.mirror[rows] & (torch.rand(len(rows)) < 0.5) & phase.mirror
        chosen = [caches[int(flip)][row] for flip, row in zip(mirrored, rows, strict=True)]
        return torch.from_numpy(np.stack(chosen)).float(), 0.0

    def _augmented_batch(
        self, rows: np.ndarray, phase: Phase, caches: Any
    ) -> tuple[Tensor, Tensor | float]:
        pixels = self.train_split.pixels[rows]
        # Cropped at full size and then scaled down, so that a small crop keeps its details.
        photos = normalised(pixels, Preprocessing(size=pixels.shape[1]))
        augmentation = Augmentation(**self.config.augmentation)
        photos = augmentation.apply(photos, self.mirror[rows], torch.default_generator)
        features: Tensor = self.model.encoder(
            resized(photos, phase.image_size or self.config.image_size)
        )
        imitates = self.teacher is not None and phase.imitation > 0
        return features, self.teacher(photos, features) if imitates else 0.0

    def _caches(self, phase: Phase) -> tuple[np.ndarray, np.ndarray]:
        return tuple(  # type: ignore[return-value]
            cached_features(
                self.model.encoder,
                self.train_split,
                self.preprocessing,
                self.features_folder,
                mirrored=mirrored,
            )
            for mirrored in ((False, True) if phase.mirror else (False,))
        )

    def _end_epoch(self, phase: Phase, losses: list[float]) -> None:
        now = self.progressed
        model = cast(Model, self.average.module)
        features = encode_split(model.encoder, self.dev_split, self.preprocessing)
        evaluation = evaluate_decoder(
            model.decoder, self.vocabulary, features, self.dev_split, _GREEDY
        )
        scores = evaluation.scores
        gained = scores.cider > now.best_cider
        now.epochs_without_gain = 0 if gained else now.epochs_without_gain + 1
        if gained:
            now.best_cider = scores.cider
            self._checkpoint(model, scores.cider, scores.bleu4).save(self.run / "best.safetensors")
        row = {
            "phase": now.phase + 1,
            "epoch": now.epoch + 1,
            "step": now.total_steps,
            # Cross-entropy's loss, or the samples' CIDEr-D where that is what is trained on.
            "objective": f"{np.mean(losses):.4f}" if losses else "",
            "dev_cider": f"{scores.cider:.2f}",
            "dev_bleu4": f"{scores.bleu4:.2f}",
            "dev_ended": f"{evaluation.share_ended:.4f}",
        }
        with (self.run / "curve.csv").open("a", newline="") as file:
            writer = csv.DictWriter(file, row)
            if file.tell() == 0:
                writer.writeheader()
            writer.writerow(row)
        print(" ".join(f"{key}={value}" for key, value in row.items()), flush=True)

    def _checkpoint(self, model: Model, cider: float, bleu4: float) -> Checkpoint:
        captions = sum(map(len, self.words))
        return Checkpoint(
            card=Card(
                model=self.config.model,
                version="training",
                training_data=(
                    f"Flickr8k's train split: {len(self.train_split):,} photos, "
                    f"{captions:,} captions"
                ),
                steps=self.progressed.total_steps,
                scores={"cider_greedy": round(cider, 2), "bleu4_greedy": round(bleu4, 2)},
            ),
            encoder_name=self.config.encoder,
            decoder_config=model.decoder.config,
            vocabulary=self.vocabulary,
            preprocessing=self.preprocessing,
            search=SearchOptions(),
            weights={name: tensor.detach().clone() for name, tensor in model.state_dict().items()},
        )

    def _save(self, optimiser: torch.optim.Optimizer | None) -> None:
        now = self.progressed
        state = {
            "progressed": {name: getattr(now, name) for name in Progressed.__slots__},
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": optimiser.state_dict() if optimiser else None,
            "teacher": self.teacher.state_dict() if self.teacher else None,
        }
        temporary = self.run / "state.pt.part"
        torch.save(state, temporary)
        temporary.replace(self.run / "state.pt")

    def _restore(self) -> None:
        state = torch.load(self.run / "state.pt", weights_only=True)
        self.progressed = Progressed(**state["progressed"])
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self._saved_optimiser = state["optimiser"]
        if self.teacher and state.get("teacher"):
            self.teacher.load_state_dict(state["teacher"])
