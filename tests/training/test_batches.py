import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pad_packed_sequence

from captioning.images import Preprocessing
from captioning.vocabulary import BOS, EOS, PAD
from training.batches import Augmentation, blended, mirror_safe, normalised, shift


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


def draws(seed: int, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(Augmentation.DRAWS, count, generator=generator)


def test_augmentation_mirrors_only_what_may_be_mirrored() -> None:
    mirror = torch.arange(200) < 100
    photos = Augmentation().apply(stripes(200), mirror, draws(0, 200))
    rising = photos[:, :, :, -8:].mean((1, 2, 3)) > photos[:, :, :, :8].mean((1, 2, 3))
    assert rising[100:].all()
    assert 30 < rising[:100].sum() < 70


def test_augmentation_is_reproducible_and_changes_photos() -> None:
    def augmented(seed: int) -> torch.Tensor:
        return Augmentation(erase=0.5).apply(stripes(8), torch.ones(8).bool(), draws(seed, 8))

    assert torch.equal(augmented(1), augmented(1))
    assert not torch.equal(augmented(1), augmented(2))
    assert augmented(1).shape == (8, 3, 32, 32)


def test_augmentation_of_nothing_is_the_identity() -> None:
    still = Augmentation(min_scale=1, colour=0)
    photos = stripes(4)
    # The aspect ratio still varies a little, which for full-height crops only narrows the photo.
    changed = still.apply(photos, torch.zeros(4).bool(), draws(0, 4))
    assert changed.shape == photos.shape
    assert (changed.diff(dim=3) >= -1e-5).all()


def test_a_photo_is_augmented_alike_in_any_company() -> None:
    augmentation, photos, chance = Augmentation(erase=0.5), stripes(8), draws(3, 8)
    together = augmentation.apply(photos, torch.ones(8).bool(), chance)
    alone = augmentation.apply(photos[5:6], torch.ones(1).bool(), chance[:, 5:6])
    torch.testing.assert_close(together[5:6], alone)


def test_erasing_greys_one_rectangle_of_the_chosen_photos() -> None:
    still = Augmentation(min_scale=1, colour=0, erase=0.5)
    photos = torch.ones(64, 3, 32, 32)
    changed = still.apply(photos, torch.zeros(64).bool(), draws(0, 64))
    erased = (changed == 0).all(1)  # (B, S, S)
    sides = torch.stack([erased.any(axis).sum(1) for axis in (1, 2)], 1)  # (B, 2)
    chosen = sides[:, 0] > 0
    assert 20 < chosen.sum() < 44
    assert sides[chosen].min() >= 32 // 8
    assert sides[chosen].max() <= 32 // 3
    assert torch.equal(erased.sum((1, 2)), sides.prod(1))


def test_a_blend_shows_each_photo_in_its_own_share() -> None:
    photos = torch.arange(3.0).view(3, 1, 1, 1).expand(3, 3, 8, 8)
    chance = draws(0, 3)
    chance[Augmentation.BLEND] = torch.tensor([0.0, 0.25, 1.0])
    values = blended(photos, chance)[:, 0, 0, 0]
    assert values.tolist() == [0.0, 0.75, 1.0]
