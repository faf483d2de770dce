import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pad_packed_sequence

from captioning.images import Preprocessing
from captioning.vocabulary import BOS, EOS, PAD
from training.batches import Augmentation, mirror_safe, normalised, shift


def test_the_end_token_is_a_target_like_any_word() -> None:
    """The reason this project exists: what is never a target is never learned."""
    inputs, targets = (
        pad_packed_sequence(packed, batch_first=True, padding_value=PAD)[0].tolist()
        for packed in shift([[7, 8, 9], [5]])
    )
    assert inputs == [[BOS, 7, 8, 9], [BOS, 5, PAD, PAD]]
    assert targets == [[7, 8, 9, EOS], [5, EOS, PAD, PAD]]


def test_padding_never_reaches_the_loss() -> None:
    _, targets = shift([[7, 8, 9], [5]])
    assert PAD not in targets.data.tolist()
    assert targets.data.numel() == 4 + 2


@pytest.mark.parametrize(
    ("captions", "safe"),
    [(["A dog runs"], True), (["A dog", "It looks LEFT"], False), (["bright leftovers"], True)],
)
def test_photos_whose_captions_tell_sides_are_not_mirrored(captions: list[str], safe: bool) -> None:
    assert mirror_safe(captions) is safe


def test_stored_photos_are_normalised_as_in_use() -> None:
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    preprocessing = Preprocessing(size=32)
    batch = normalised(photo, preprocessing)
    expected = (photo / 255 - np.array(preprocessing.mean)) / np.array(preprocessing.std)
    np.testing.assert_allclose(batch.permute(0, 2, 3, 1).numpy(), expected, atol=1e-5)
    assert normalised(photo, Preprocessing(size=16)).shape == (1, 3, 16, 16)


def stripes(count: int) -> torch.Tensor:
    """Photos dark on the left and bright on the right."""
    return torch.linspace(-1, 1, 32).expand(count, 3, 32, 32).clone()


def test_augmentation_mirrors_only_what_may_be_mirrored() -> None:
    generator = torch.Generator().manual_seed(0)
    mirror = torch.arange(200) < 100
    photos = Augmentation().apply(stripes(200), mirror, generator)
    rising = photos[:, :, :, -8:].mean((1, 2, 3)) > photos[:, :, :, :8].mean((1, 2, 3))
    assert rising[100:].all()
    assert 30 < rising[:100].sum() < 70


def test_augmentation_is_reproducible_and_changes_photos() -> None:
    def augmented(seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return Augmentation(erase=0.5).apply(stripes(8), torch.ones(8).bool(), generator)

    assert torch.equal(augmented(1), augmented(1))
    assert not torch.equal(augmented(1), augmented(2))
    assert augmented(1).shape == (8, 3, 32, 32)


def test_augmentation_of_nothing_is_the_identity() -> None:
    still = Augmentation(min_scale=1, colour=0)
    photos = stripes(4)
    generator = torch.Generator().manual_seed(0)
    # The aspect ratio still varies a little, which for full-height crops only narrows the photo.
    changed = still.apply(photos, torch.zeros(4).bool(), generator)
    assert changed.shape == photos.shape
    assert (changed.diff(dim=3) >= -1e-5).all()
