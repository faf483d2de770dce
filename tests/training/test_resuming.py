"""The same training in other ways: interrupted, in parts, in two processes, in other precision."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from training import devices
from training.config import ConfigError, Phase, TrainConfig, load_config
from training.curve import read_curve
from training.objectives import CrossEntropy, Objective, SelfCritical
from training.run_facts import load_facts
from training.run_state import RunError
from training.train import Trainer

SMALL = {"images_per_batch": 5, "warmup_steps": 2}  # 12 photos: three steps of four an epoch
CONFIG = TrainConfig(
    model="mobilenet-attention",
    encoder="mobilenet_v3_small",
    decoder={
        "kind": "attention",
        "embedding_size": 16,
        "hidden_size": 24,
        "attention_size": 8,
        "dropout": 0.0,
    },
    image_size=32,
    average_decay=0.5,
    precision="fp32",
    phases=(
        Phase(epochs=2, decoder_lr=1e-2, **SMALL),
        Phase(epochs=1, decoder_lr=1e-2, encoder_lr=1e-3, **SMALL),
    ),
)
REWARDED = Phase(epochs=1, decoder_lr=1e-3, objective=SelfCritical(samples=2), **SMALL)

Curve = list[dict[str, str]]


def train(config: TrainConfig, prepared: Path, run: Path, weights: Path | None) -> Curve:
    Trainer(config, prepared, run, weights).fit()
    return read_curve(run / "curve.csv")


@pytest.fixture(scope="module")
def whole(prepared: Path, encoder_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Curve:
    """The curve of one process that computes each step at once."""
    return train(CONFIG, prepared, tmp_path_factory.mktemp("whole"), encoder_weights)


def losses(curve: Curve) -> list[float]:
    return [float(row["loss"]) for row in curve]


def test_an_interrupted_training_goes_on_as_if_it_had_not_been(
    prepared: Path, encoder_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped again and again, inside epochs and between them: the same curve to the last digit."""
    monkeypatch.setattr("training.train._SAVE_EVERY", 1)
    # Dropout and sampling too must go on from where their chance was.
    config = replace(
        CONFIG, decoder=CONFIG.decoder | {"dropout": 0.3}, phases=(*CONFIG.phases, REWARDED)
    )
    expected = train(config, prepared, tmp_path / "whole", encoder_weights)
    stops, weights = 0, encoder_weights
    while not read_curve(tmp_path / "run" / "curve.csv")[len(expected) - 1 :]:
        trainer = Trainer(config, prepared, tmp_path / "run", weights)
        save, saves = trainer._save, 0

        def save_and_stop(*args: object, save: object = save) -> None:
            nonlocal saves
            save(*args)  # type: ignore[operator]
            saves += 1
            if saves == 5:
                raise KeyboardInterrupt

        monkeypatch.setattr(trainer, "_save", save_and_stop)
        try:
            trainer.fit()
        except KeyboardInterrupt:
            stops += 1
        weights = None
    assert stops >= 3
    assert read_curve(tmp_path / "run" / "curve.csv") == expected
    assert [bool(row["reward"]) for row in expected] == [False, False, False, True]


def test_a_phase_that_trains_other_parts_than_when_it_was_interrupted_is_refused(
    prepared: Path, encoder_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.train._SAVE_EVERY", 1)
    trainer = Trainer(CONFIG, prepared, tmp_path, encoder_weights)
    save = trainer._save

    def save_and_stop(*args: object) -> None:
        save(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "_save", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        trainer.fit()
    changed = replace(CONFIG, phases=(replace(CONFIG.phases[0], encoder_lr=1e-3),))
    with pytest.raises(RunError, match=r"other parts than phase 1 .* restore that phase"):
        Trainer(changed, prepared, tmp_path).fit()


def test_a_state_from_before_the_loss_was_saved_goes_on(
    prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    trainer = Trainer(CONFIG, prepared, tmp_path, encoder_weights)
    trainer._save(None)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    for name in ("objective_sum", "measured_steps"):
        del state["progressed"][name]
    torch.save(state | {"progressed": state["progressed"] | {"epoch": 1}}, tmp_path / "state.pt")
    assert Trainer(CONFIG, prepared, tmp_path).progressed.epoch == 1


def test_a_run_from_before_facts_were_noted_notes_the_phases_before(
    prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    trainer = Trainer(CONFIG, prepared, tmp_path, encoder_weights)
    trainer.progressed.phase, trainer.progressed.total_steps = 1, 6
    trainer._note_phase()
    facts = load_facts(tmp_path / "run.json")
    assert facts is not None
    begun = [(phase.first_step, phase.train_from) for phase in facts.phases]
    assert begun == [(0, None), (6, 0)]
    trainer._note_phase()
    assert load_facts(tmp_path / "run.json") == facts


def test_a_step_in_parts_is_the_same_step(
    whole: Curve, prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    phases = tuple(replace(phase, accumulation=3) for phase in CONFIG.phases)
    curve = train(replace(CONFIG, phases=phases), prepared, tmp_path, encoder_weights)
    assert losses(curve) == pytest.approx(losses(whole), rel=2e-3)


def test_two_processes_train_as_one(
    whole: Curve, prepared: Path, encoder_weights: Path, tmp_path: Path
) -> None:
    """The documented command, with captions of unequal lengths in the two processes."""
    config = tmp_path / "two.toml"
    config.write_text(toml(CONFIG))
    assert load_config(config) == CONFIG
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "training", "train", str(config), "--threads", "1"]
    command += ["--prepared", str(prepared), "--out", str(tmp_path / "run")]
    command += ["--encoder-weights", str(encoder_weights)]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("phase=1 epoch=1 ") == 1
    curve = read_curve(tmp_path / "run" / "curve.csv")
    assert [row["step"] for row in curve] == [row["step"] for row in whole]
    assert losses(curve) == pytest.approx(losses(whole), rel=0.01)
    assert Trainer(CONFIG, prepared, tmp_path / "run").progressed.phase == 2


def toml(config: TrainConfig) -> str:
    """Every scalar and table of a configuration; JSON's scalars are TOML's."""

    def lines(table: dict[str, object]) -> list[str]:
        return [
            f"{key} = {json.dumps(value)}"
            for key, value in table.items()
            if isinstance(value, str | int | float)
        ]

    document = asdict(config)
    parts = [*lines(document), "[decoder]", *lines(config.decoder)]
    for phase, table in zip(config.phases, document["phases"], strict=True):
        objective = {"kind": phase.objective.kind} | table.pop("objective")
        parts += ["[[phases]]", *lines(table), "[phases.objective]", *lines(objective)]
    return "\n".join(parts)


@pytest.mark.parametrize(
    ("kind", "objective"),
    [
        ("attention", CrossEntropy()),
        ("attention", SelfCritical(samples=2)),
        ("lstm", CrossEntropy()),
    ],
)
def test_bf16_trains_every_weight(
    prepared: Path, encoder_weights: Path, tmp_path: Path, kind: str, objective: Objective
) -> None:
    """Where bf16 is emulated too, when it is asked for."""
    phase = replace(CONFIG.phases[1], images_per_batch=4, objective=objective)
    decoder = CONFIG.decoder | {"kind": kind, "layers": 2}
    config = replace(CONFIG, decoder=decoder, image_size=64, precision="bf16", phases=(phase,))
    trainer = Trainer(config, prepared, tmp_path, encoder_weights)
    assert devices.mixed_precision("bf16", trainer.device).fast_dtype == torch.bfloat16
    before = {name: value.clone() for name, value in trainer.model.decoder.named_parameters()}
    trainer.fit()
    after = dict(trainer.model.decoder.named_parameters())
    # The attention's score has a bias that no softmax sees.
    still = {name for name, value in before.items() if torch.equal(value, after[name])}
    assert still <= {"score.bias"}
    assert all(value.dtype == torch.float32 for value in after.values())


@pytest.mark.parametrize(
    ("flags", "has_bf16"),
    [("fma avx2 avx512f", False), ("avx2 avx512_bf16 fma", True), ("amx_bf16 amx_tile", True)],
)
def test_auto_is_bf16_where_the_processor_has_it(
    flags: str, has_bf16: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"processor : 0\nflags : {flags}\n")
    monkeypatch.setattr(devices, "_PROCESSOR", processor)
    devices._has_bf16.cache_clear()
    device = torch.device("cpu")
    try:
        assert devices.mixed_precision("auto", device)._enabled is has_bf16
        assert not devices.mixed_precision("fp32", device)._enabled
        assert devices.mixed_precision("bf16", device)._enabled
    finally:
        devices._has_bf16.cache_clear()


@pytest.mark.parametrize("accumulation", [0, 6])
def test_more_parts_than_photos_are_refused(accumulation: int) -> None:
    with pytest.raises(ConfigError, match="accumulation"):
        Phase(epochs=1, decoder_lr=1e-3, images_per_batch=5, accumulation=accumulation)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ConfigError, match="precision must be one of auto, fp32, bf16"):
        replace(CONFIG, precision="fp8")
