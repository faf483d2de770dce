"""Configurations: today's, those from before phases named their objectives, and wrong ones."""

import json
from pathlib import Path

import pytest

from training.config import ConfigError, Phase, TrainConfig, load_config
from training.objectives import CrossEntropy, Imitation, Objective, SelfCritical

TOP = 'model = "resnet34-lstm"\nencoder = "resnet34"\n'
OF_TEACHER = {"teacher": "a teacher"}


def load(tmp_path: Path, text: str) -> TrainConfig:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def in_phase(options: str, top: str = "") -> str:
    phase = f"[[phases]]\nepochs = 1\ndecoder_lr = 1e-3\nencoder_lr = 1e-3\n{options}\n"
    return f'{TOP}{top}\n[decoder]\nkind = "lstm"\n{phase}'


def test_the_shipped_configurations_are_valid() -> None:
    folder = Path(__file__).parents[2] / "training" / "configs"
    models = {load_config(path).model for path in folder.rglob("*.toml")}
    assert models == {"resnet34-lstm", "mobilenet-attention"}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", CrossEntropy()),
        ('kind = "cross-entropy"\nunlikelihood = 0.5', CrossEntropy(unlikelihood=0.5)),
        ('kind = "self-critical"\nsamples = 3', SelfCritical(3)),
        (
            'kind = "imitation"\nteacher = "a teacher"\nphotos = "all"',
            Imitation("a teacher", photos="all"),
        ),
    ],
)
def test_a_phase_names_its_objective(table: str, expected: Objective, tmp_path: Path) -> None:
    objective = f"[phases.objective]\n{table}" if table else ""
    config = load(tmp_path, in_phase(objective))
    assert config.phases == (Phase(1, 1e-3, 1e-3, expected),)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", CrossEntropy(0.2)),
        ("samples = 0\nunlikelihood = 0.5", CrossEntropy(0.2, 0.5)),
        ("samples = 4", SelfCritical(4)),
        ("distillation = 0.5", CrossEntropy(0.2, distillation=0.5, **OF_TEACHER)),
        (
            "distillation = 0.5\nimitation = 0.3",
            CrossEntropy(0.2, distillation=0.5, imitation=0.3, **OF_TEACHER),
        ),
        ("captions = false\nimitation = 0.7", Imitation("a teacher", 0.7)),
    ],
)
def test_old_configurations_mean_what_they_meant(
    options: str, expected: Objective, tmp_path: Path
) -> None:
    config = load(tmp_path, in_phase(options, 'teacher = "a teacher"\nlabel_smoothing = 0.2'))
    assert config.phases == (Phase(1, 1e-3, 1e-3, expected),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (in_phase("samples = 4\nunlikelihood = 1.0"), "phase 1 cannot have unlikelihood with"),
        (in_phase("samples = 4\nimitation = 1.0"), "cannot have imitation .* a phase of its own"),
        (in_phase("captions = false"), "phase 1 without captions needs imitation"),
        (in_phase("captions = false\nimitation = 1.0"), "phase 1: .*imitation needs a teacher"),
        (in_phase("distillation = 0.5"), "phase 1: distillation and imitation need a teacher"),
        (
            in_phase('samples = 4\n[phases.objective]\nkind = "cross-entropy"'),
            r"an objective and samples beside it: move .* into \[phases\.objective\]",
        ),
        (
            in_phase('[phases.objective]\nkind = "cross-entropy"', "label_smoothing = 0.1"),
            "label_smoothing is an option of objectives: move it",
        ),
    ],
)
def test_what_cannot_be_translated_is_told_in_one_line(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("samples = 3", "needs a kind, one of cross-entropy, self-critical, imitation"),
        ('kind = "guessing"', "needs a kind, .*'guessing'"),
        ('kind = "self-critical"\nsample = 3', "no option 'sample': it has samples"),
        ('kind = "self-critical"\nsamples = "many"', "phase 1: .*self-critical"),
        ('kind = "imitation"', "imitation needs a teacher"),
        ('kind = "imitation"\nteacher = "x"\nphotos = "dev"', "photos must be one of train, unl"),
    ],
)
def test_wrong_objectives_are_named(table: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, in_phase(f"[phases.objective]\n{table}"))


@pytest.mark.parametrize(
    "objective", [Imitation("a teacher"), CrossEntropy(teacher="a teacher", distillation=0.5)]
)
def test_who_learns_from_a_teacher_needs_a_trained_encoder(objective: Objective) -> None:
    with pytest.raises(ConfigError, match="needs an encoder_lr above 0"):
        Phase(1, 1e-3, objective=objective)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model = ", "Invalid value"),
        ('model = "x"\nencoder = "y"\ndecoder = {}', "model must be one of"),
        ('model = "resnet34-lstm"\nencoder = "y"\ndecoder = {}\nspeed = 1', "speed"),
        ('model = "resnet34-lstm"\nencoder = "y"\ndecoder = {}', "phases"),
        ('words = "all"\n' + in_phase(""), "words must be one of start, prepared, both: 'all'"),
        ('words = "both"\n' + in_phase(""), "need a model to go on from"),
        ("# caf\xe9", "utf-8"),
        (in_phase("speed = 1"), "phase 1: there is no option 'speed'"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
    assert json.dumps(str(caught.value)).count("\\n") == 0
