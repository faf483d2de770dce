import pytest
import torch
from torch.nn.utils.rnn import pack_sequence

from captioning.decoders import DecoderConfig, build_decoder

KINDS = ["lstm", "attention"]
SEED_KINDS = ["seed-lstm", "seed-attention"]


def small(kind: str) -> DecoderConfig:
    embedding = 6 if kind == "seed-lstm" else 5
    return DecoderConfig(
        kind,
        11,
        6,
        embedding_size=embedding,
        hidden_size=7,
        layers=2,
        attention_size=4,
        dropout=0.5,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_teacher_forcing_and_stepping_agree(kind: str) -> None:
    """What training computes for a whole batch is what search computes word by word."""
    torch.manual_seed(0)
    decoder = build_decoder(small(kind)).eval()
    photos = torch.randn(2, 9, 6)
    captions = [torch.tensor([1, 4, 5]), torch.tensor([1, 6, 7, 8, 9]), torch.tensor([1, 10])]
    owners = torch.tensor([0, 1, 1])
    packed = pack_sequence(captions, enforce_sorted=False)
    logits = decoder(photos, owners, packed)
    together, _ = torch.nn.utils.rnn.pad_packed_sequence(
        packed._replace(data=logits), batch_first=True
    )
    for row, words in enumerate(captions):
        state = decoder.start(photos[owners[row : row + 1]])
        for position, word in enumerate(words):
            one, state, _ = decoder.step(word.view(1), state)
            torch.testing.assert_close(one[0], together[row, position])


@pytest.mark.parametrize("kind", [*KINDS, *SEED_KINDS])
def test_state_is_batch_first_so_that_search_can_reorder_it(kind: str) -> None:
    torch.manual_seed(0)
    decoder = build_decoder(small(kind)).eval()
    photos = torch.randn(3, 9, 6)
    order = torch.tensor([2, 0])
    whole = decoder.start(photos)
    words = torch.tensor([4, 5])
    selected, _, _ = decoder.step(words, tuple(part[order] for part in whole))
    direct, _, _ = decoder.step(words, decoder.start(photos[order]))
    torch.testing.assert_close(selected, direct)


def test_attention_is_a_distribution_over_the_grid() -> None:
    decoder = build_decoder(small("attention")).eval()
    _, _, attention = decoder.step(torch.tensor([4]), decoder.start(torch.randn(1, 9, 6)))
    assert attention is not None
    assert attention.shape == (1, 9)
    assert attention.sum().item() == pytest.approx(1, abs=1e-5)


def test_the_decoder_without_attention_sees_only_the_mean_of_the_grid() -> None:
    decoder = build_decoder(small("lstm")).eval()
    photos = torch.randn(1, 9, 6)
    for one, other in zip(decoder.start(photos), decoder.start(photos.flip(1)), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "gru"}, "kind"),
        ({"kind": "seed-lstm"}, "embedding_size"),
        ({"hidden_size": 0}, "hidden_size"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_impossible_sizes_are_refused_by_name(change: dict[str, object], message: str) -> None:
    values: dict[str, object] = {"kind": "lstm", "vocabulary_size": 5, "feature_size": 3} | change
    with pytest.raises(ValueError, match=message):
        DecoderConfig(**values)  # type: ignore[arg-type]
