"""Training in phases: on cached features, end to end, and on the model's own samples."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import Progress
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from captioning.checkpoint import Model
from captioning.encoders import load_encoder_weights
from captioning.images import Preprocessing
from training import processes
from training.batches import Augmentation, mirror_safe
from training.config import Phase, TrainConfig
from training.dev_scores import DevScores
from training.devices import training_device
from training.distillation import Teacher
from training.features import cached_features
from training.model_card import trained_on
from training.objectives import Materials
from training.optimisation import build_optimiser, moving_average, set_rates
from training.pairing.facts import load_pairing
from training.photo_sources import AugmentedPhotos, CachedPhotos, NoPhotos, PhotoSource
from training.prepared import Split, feature_folder, joined, load_split, load_vocabulary, sources_of
from training.run_facts import BegunPhase, RunFacts, load_facts, save_facts
from training.run_folder import RunFolder
from training.run_state import Progressed, RunError, load_state, save_state
from training.start import starting_model
from training.updates import Updater

_SAVE_EVERY = 100  # steps


class Trainer:
    """One training run in a folder of its own, in one process or in several alike ones.

    Args:
        prepared: a folder written by `training.prepare.prepare`.
        run: see `RunFolder`; a training that was begun there goes on.
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
        self.config, self.run = config, RunFolder(run)
        self.device = training_device()
        self._writes = processes.process_number() == 0
        run.mkdir(parents=True, exist_ok=True)
        self._prepared = prepared
        torch.manual_seed(config.seed)
        start = starting_model(config, load_vocabulary(prepared))
        self.model, self.vocabulary = start.model.to(self.device), start.vocabulary
        self._start = start.title
        self.preprocessing = Preprocessing(size=config.image_size)
        pairs = any(phase.objective.learns_pseudo_captions for phase in config.phases)
        pairing = load_pairing(prepared) if pairs else None
        card = trained_on(config.model, sources_of(prepared), start.card, pairing)
        self._dev_scores = DevScores(config, prepared, self.run, self.vocabulary, card)
        self.teachers: dict[str, Teacher] = {}
        for objective in (phase.objective for phase in config.phases):
            for name in objective.teachers:
                if name not in self.teachers:
                    self.teachers[name] = objective.load_teacher(
                        name, self.model.encoder.channels, self.device
                    )
        for phase in config.phases:
            phase.objective.check(self._materials(self._photos(phase)))
        self.average = AveragedModel(self.model, self.device)
        self._modules: dict[str, nn.Module] = {"model": self.model, "average": self.average}
        for number, teacher in enumerate(self.teachers.values(), start=1):
            self._modules["teacher" if number == 1 else f"teacher {number}"] = teacher
        self.progressed = Progressed(total_steps=start.steps)
        self._saved_optimiser: dict[str, Any] | None = None
        if self.run.state.exists():
            self.progressed, self._saved_optimiser = load_state(
                self.run.state, self.device, self._modules
            )
        elif config.start is None:
            weights = load_encoder_weights(config.encoder, encoder_weights)
            self.model.encoder.load_backbone(weights)
        for module in self._modules.values():
            processes.copy_from_first(module)

    def fit(self) -> None:
        """Train all phases, or what is left of them after an interruption."""
        phases = self.config.phases
        now = self.progressed
        while now.phase < len(phases):
            self._note_phase()
            self._fit_phase(phases[now.phase])
            now.begin_epoch(now.phase + 1, 0)
            now.epochs_without_gain = 0
            self._save(None)

    def _note_phase(self) -> None:
        """Add the phase that begins to the run's facts, and those before that have none."""
        if not self._writes:
            return
        facts = load_facts(self.run.facts) or RunFacts(self._start)
        now = self.progressed
        for number in range(len(facts.phases), now.phase + 1):
            phase = self.config.phases[number]
            begun = BegunPhase(
                now.total_steps if number == now.phase and not now.step + now.epoch else 0,
                phase.objective.kind,
                phase.train_from if phase.encoder_lr else None,
                tuple(self.teachers[name].title for name in phase.objective.teachers),
            )
            facts = RunFacts(facts.start, (*facts.phases, begun))
        save_facts(self.run.facts, facts)

    def _fit_phase(self, phase: Phase) -> None:
        decay = phase.average_decay
        self.average.multi_avg_fn = moving_average(
            self.config.average_decay if decay is None else decay
        )
        photos = self._photos(phase)
        loss = phase.objective.loss(self._materials(photos))
        # A gradient left in a part that this phase freezes would count in the clipping.
        self.model.zero_grad()
        optimiser = build_optimiser(self.model, phase, self.config.weight_decay, *loss.helpers)
        if self._saved_optimiser is not None:
            try:
                optimiser.load_state_dict(self._saved_optimiser)
            except ValueError as error:
                raise RunError(
                    f"{self.run.path} was interrupted in a phase that trained other parts than "
                    f"phase {self.progressed.phase + 1} of the configuration does: restore that "
                    "phase, or choose another folder with --run"
                ) from error
            self._saved_optimiser = None
        examples = np.array(loss.examples, np.int64)
        batches = math.ceil(len(examples) / phase.images_per_batch)
        updater = Updater(
            self.model,
            self.average,
            optimiser,
            phase,
            self._source(phase, photos),
            loss,
            self.config.precision,
            self.config.gradient_clip,
            self.device,
        )
        now = self.progressed
        while now.epoch < phase.epochs and now.epochs_without_gain < phase.patience:
            chance = np.random.default_rng((self.config.seed, now.phase, now.epoch))
            order = chance.permutation(examples)
            loss.begin_epoch(chance)
            with Progress(transient=True, disable=not self._writes) as progress:
                bar = progress.add_task(
                    f"phase {now.phase + 1} epoch {now.epoch + 1}",
                    total=batches,
                    completed=now.step,
                )
                for step in range(now.step, batches):
                    share = (now.epoch * batches + step) / (phase.epochs * batches)
                    set_rates(optimiser, phase, now.epoch * batches + step, share)
                    place = (self.config.seed, now.phase, now.epoch, step)
                    now.objective_sum += updater.step(order[step::batches], place)
                    now.measured_steps += 1
                    now.step, now.total_steps = step + 1, now.total_steps + 1
                    progress.update(bar, advance=1)
                    if now.step % _SAVE_EVERY == 0:
                        self._save(optimiser)
            self._end_epoch()
            now.begin_epoch(now.phase, now.epoch + 1)
            self._save(optimiser)

    def _photos(self, phase: Phase) -> Split | None:
        """What an epoch goes through; None where it goes through texts alone."""
        splits = [load_split(self._prepared, name) for name in phase.objective.splits]
        return joined(splits) if splits else None

    def _materials(self, photos: Split | None) -> Materials:
        captions, pseudo = (
            [[self.vocabulary.encode(caption) for caption in group] for group in groups]
            for groups in ((photos.captions, photos.pseudo_captions) if photos else ((), ()))
        )
        return Materials(
            captions, self.vocabulary, self.teachers, pseudo, photos, feature_folder(self._prepared)
        )

    def _source(self, phase: Phase, photos: Split | None) -> PhotoSource:
        if photos is None:
            return NoPhotos(self.device)
        told = zip(photos.captions, photos.pseudo_captions, strict=True)
        may_flip = torch.tensor([mirror_safe([*own, *pseudo]) for own, pseudo in told])
        if phase.encoder_lr == 0:
            return CachedPhotos(
                self._features(photos, mirrored=False),
                self._features(photos, mirrored=True) if phase.mirror else None,
                may_flip,
                self.device,
            )
        return AugmentedPhotos(
            self.model.encoder,
            photos,
            may_flip,
            self._augmentation(phase),
            phase.image_size or self.config.image_size,
            phase.objective.blends_photos,
            self.device,
        )

    def _augmentation(self, phase: Phase) -> Augmentation:
        augmentation = Augmentation(**self.config.augmentation)
        if phase.min_scale is None:
            return augmentation
        return replace(augmentation, min_scale=phase.min_scale)

    def _features(self, photos: Split, *, mirrored: bool) -> NDArray[np.float16]:
        return cached_features(
            self.model.encoder,
            photos,
            self.preprocessing,
            feature_folder(self._prepared),
            mirrored=mirrored,
        )

    def _end_epoch(self) -> None:
        """Score on dev what was learned of captions: the first process does, and tells the rest."""
        now = self.progressed
        if not self.config.phases[now.phase].objective.teaches_captions:
            if self._writes:
                self._dev_scores.skip(now)
            return
        best = now.best_cider
        if self._writes:
            model = cast(Model, self.average.module)
            now.best_cider = max(best, self._dev_scores.score(model, now))
        now.best_cider = processes.tell_all(now.best_cider, self.device)
        now.epochs_without_gain = 0 if now.best_cider > best else now.epochs_without_gain + 1

    def _save(self, optimiser: Optimizer | None) -> None:
        if self._writes:
            save_state(self.run.state, self.progressed, optimiser, self._modules)
