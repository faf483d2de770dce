"""What training on people's opinions minimises."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from checkpoints import small_checkpoint
from torch.nn.utils.rnn import pack_sequence

from captioning.checkpoint import Model
from captioning.vocabulary import BOS, Vocabulary
from training.distillation import FormerSelf
from training.errors import ConfigError
from training.new_words import with_words
from training.objectives import Feedback, Loss, Materials
from training.photo_sources import Seen
from training.prepared import Preferred, Split

CPU = torch.device("cpu")
CHOSEN, REJECTED = "word1 word2", "word3 word4"


@pytest.fixture
def start(tmp_path: Path) -> str:
    path = tmp_path / "start.safetensors"
    small_checkpoint().save(path)
    return str(path)


def pupil(*new_words: str) -> tuple[Model, Vocabulary]:
    checkpoint = small_checkpoint()
    checkpoint = replace(checkpoint, decoder_config=replace(checkpoint.decoder_config, dropout=0.0))
    words = [*checkpoint.vocabulary.words[4:], *new_words]
    grown = with_words(checkpoint, Vocabulary(words))
    return grown.build(), grown.vocabulary


def loss_of(
    options: Feedback,
    vocabulary: Vocabulary,
    captions: list[str],
    weights: tuple[float, ...] = (),
    pairs: tuple[Preferred, ...] = (),
) -> Loss:
    """The loss on one photo."""
    pixels = torch.zeros(1, 8, 8, 3, dtype=torch.uint8).numpy()
    photos = Split(["a"], [captions], pixels, weights=[list(weights)], preferences=[list(pairs)])
    teachers = {name: options.load_teacher(name, 576, CPU) for name in options.teachers}
    encoded = [[vocabulary.encode(caption) for caption in captions]]
    materials = Materials(encoded, vocabulary, teachers, photos=photos)
    options.check(materials)
    return options.loss(materials)


def taught(model: Model, loss: Loss, steps: int = 60) -> Model:
    optimiser = torch.optim.Adam(model.decoder.parameters(), lr=5e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(model, seen(), [0], [0])[0].backward()
        optimiser.step()
    return model


def seen() -> Seen:
    torch.manual_seed(1)
    return Seen(torch.rand(1, 4, 576))


def likelihood(model: Model, vocabulary: Vocabulary, caption: str) -> float:
    ids = vocabulary.encode(caption)
    read = pack_sequence([torch.tensor([BOS, *ids[:-1]])])
    with torch.no_grad():
        logs = model.decoder(seen().features, torch.tensor([0]), read).log_softmax(1)
    return float(logs.gather(1, torch.tensor(ids)[:, None]).sum())


def test_what_people_are_surer_of_is_learnt_more(start: str) -> None:
    model, vocabulary = pupil()
    options = Feedback(start, label_smoothing=0.0)
    taught(model, loss_of(options, vocabulary, [CHOSEN, REJECTED], (0.9, 0.1)))
    sure, unsure = (likelihood(model, vocabulary, text) for text in (CHOSEN, REJECTED))
    assert sure > unsure + 1
    # The first word decides between the two: by how sure people are of each.
    assert likelihood(model, vocabulary, "word1") == pytest.approx(math.log(0.9), abs=0.1)


def test_weights_alone_change_no_proportions(start: str) -> None:
    model, vocabulary = pupil()
    options = Feedback(start)
    losses = [
        loss_of(options, vocabulary, [CHOSEN, REJECTED], weights)(model, seen(), [0], [0])[0]
        for weights in ((), (0.4, 0.4))
    ]
    torch.testing.assert_close(*losses)


def test_preferences_raise_the_chosen_and_lower_the_rejected(start: str) -> None:
    pairs = (Preferred(CHOSEN, REJECTED, 1.0),)
    margins = []
    for weight in (0.0, 2.0):
        model, vocabulary = pupil()
        options = Feedback(start, preferences=weight, beta=0.5)
        taught(model, loss_of(options, vocabulary, ["word7 word8"], pairs=pairs))
        chosen, rejected = (likelihood(model, vocabulary, text) for text in (CHOSEN, REJECTED))
        margins.append(chosen - rejected)
    assert margins[1] > margins[0] + 1


def test_a_photo_without_preferences_is_learnt_from_its_captions(start: str) -> None:
    model, vocabulary = pupil()
    options = Feedback(start, preferences=1.0)
    with_none = loss_of(options, vocabulary, [CHOSEN])(model, seen(), [0], [0])
    plain = loss_of(replace(options, preferences=0.0), vocabulary, [CHOSEN])
    torch.testing.assert_close(with_none, plain(model, seen(), [0], [0]))


def test_what_it_said_before_holds_it_back(start: str) -> None:
    gained = []
    for share in (0.0, 0.9):
        model, vocabulary = pupil()
        before = likelihood(model, vocabulary, CHOSEN)
        taught(model, loss_of(Feedback(start, distillation=share), vocabulary, [CHOSEN]))
        gained.append(likelihood(model, vocabulary, CHOSEN) - before)
    assert 0 < gained[1] < gained[0]


def test_new_words_are_learnt_though_the_former_self_never_says_them(start: str) -> None:
    model, vocabulary = pupil("zebra")
    options = Feedback(start, distillation=0.3, preferences=0.2)
    pairs = (Preferred("zebra word1", CHOSEN, 1.0),)
    before = likelihood(model, vocabulary, "zebra")
    taught(model, loss_of(options, vocabulary, ["zebra word1"], pairs=pairs))
    assert likelihood(model, vocabulary, "zebra") > before + 2


def test_a_former_self_gives_new_words_no_chance(start: str) -> None:
    former = FormerSelf(start, 576, CPU)
    _, vocabulary = pupil("zebra")
    former.require_vocabulary(vocabulary)
    read = pack_sequence([torch.tensor([BOS, vocabulary.encode("zebra")[0]])])
    chances = former.probabilities(seen().features, torch.tensor([0]), read)
    assert chances.shape == (2, len(vocabulary))
    assert chances[:, -1].tolist() == [0, 0]
    torch.testing.assert_close(chances.sum(1), torch.ones(2))


def test_a_model_with_other_words_is_no_former_self(start: str) -> None:
    with pytest.raises(ConfigError, match="knows other words"):
        loss_of(Feedback(start, distillation=0.5), Vocabulary(["cat"]), ["cat"])


@pytest.mark.parametrize(
    "options", [{"preferences": -1}, {"beta": 0}, {"distillation": 2}, {"label_smoothing": 1}]
)
def test_impossible_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Feedback("resnet34-lstm", **options)
