import io
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from captioning import Caption, Captioner, CaptioningError, ImageError, captioner_of, load_captioner
from captioning.catalogue import locate
from captioning.checkpoint import Checkpoint
from captioning.confidence import ConfidenceModel
from captioning.vocabulary import Vocabulary

WORDS = [f"word{index}" for index in range(20)]


def photo(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC)


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def captioner(checkpoint: Checkpoint) -> Captioner:
    return captioner_of(checkpoint, engine="torch")


def test_a_caption_carries_everything_people_and_programs_need(captioner: Captioner) -> None:
    (caption,) = captioner.caption([photo(1)])
    assert caption.model == captioner.name == "mobilenet-attention"
    assert caption.version == captioner.version == "0.0.1"
    assert captioner.title == "MobileNet + attention"
    assert caption.words
    assert caption.text[0].isupper()
    assert [word.strip(".…").lower() for word in caption.text.split()] == list(caption.words)
    assert len(caption.word_probabilities) == len(caption.words)
    assert all(0 < probability <= 1 for probability in caption.word_probabilities)
    words_alone = sum(math.log(probability) for probability in caption.word_probabilities)
    assert caption.log_probability <= words_alone + 1e-6
    assert caption.attention is not None
    assert caption.attention.shape == (len(caption.words), 2, 2)  # 64 pixels / 32
    np.testing.assert_allclose(caption.attention.sum((1, 2)), 1, rtol=1e-4)


def test_bytes_and_pictures_give_the_same_caption_in_order(captioner: Captioner) -> None:
    pictures = [photo(seed) for seed in range(3)]
    together = captioner.caption([encoded(picture) for picture in pictures])
    alone = [captioner.caption([picture])[0] for picture in pictures]
    assert [caption.text for caption in together] == [caption.text for caption in alone]
    assert captioner.caption([]) == []


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_a_photo_and_its_mirror_image_are_alike_to_who_sees_both_sides(
    engine: str,
) -> None:
    pytest.importorskip(engine)
    checkpoint = Checkpoint.load(locate("mobilenet-attention"))
    pictures = [photo(1), photo(1).transpose(Image.Transpose.FLIP_LEFT_RIGHT)]

    def captions(*, both_sides: bool) -> list[Caption]:
        preprocessing = replace(checkpoint.preprocessing, both_sides=both_sides)
        chosen = replace(checkpoint, preprocessing=preprocessing)
        return captioner_of(chosen, engine=engine).caption(pictures, beam_size=1)

    one, mirrored = captions(both_sides=False)
    assert one.log_probability != pytest.approx(mirrored.log_probability, rel=1e-4)
    one, mirrored = captions(both_sides=True)
    assert one.words == mirrored.words
    assert one.log_probability == pytest.approx(mirrored.log_probability, rel=1e-4)
    assert one.attention is not None
    assert mirrored.attention is not None
    np.testing.assert_allclose(one.attention[:, :, ::-1], mirrored.attention, rtol=1e-3)


def test_both_engines_agree(checkpoint: Checkpoint, captioner: Captioner) -> None:
    pytest.importorskip("openvino")
    other = captioner_of(checkpoint, engine="openvino", threads=1)
    assert other.engine == "openvino"
    pictures = [photo(seed) for seed in range(5)]
    for one, two in zip(captioner.caption(pictures), other.caption(pictures), strict=True):
        # A processor with bf16 rounds more coarsely, which may tip a close decision.
        assert one.log_probability == pytest.approx(two.log_probability, rel=0.02)


def test_threads_may_share_a_captioner(captioner: Captioner) -> None:
    pictures = [photo(seed) for seed in range(8)]
    expected = [captioner.caption([picture])[0].text for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda picture: captioner.caption([picture])[0].text, pictures * 3))
    assert texts == expected * 3


def test_options_are_the_checkpoints_own_unless_given(captioner: Captioner) -> None:
    (own,) = captioner.caption([photo(1)])
    (same,) = captioner.caption([photo(1)], beam_size=2)
    (greedy,) = captioner.caption([photo(1)], beam_size=1)
    assert own == same
    assert len(greedy.words) <= 6
    with pytest.raises(ValueError, match="beam_size"):
        captioner.caption([photo(1)], beam_size=0)


@pytest.mark.parametrize("beam_size", [1, 2, 5])
def test_alternatives_are_other_sentences_and_never_change_the_caption(
    captioner: Captioner, beam_size: int
) -> None:
    pictures = [photo(seed) for seed in range(4)]
    plain = captioner.caption(pictures, beam_size=beam_size)
    told = captioner.caption(pictures, beam_size=beam_size, alternatives=3)
    assert [replace(caption, alternatives=()) for caption in told] == plain
    for caption in told:
        assert 2 <= len(caption.alternatives) <= 3
        assert len({caption.text, *caption.alternatives}) == 1 + len(caption.alternatives)
        assert all(text[0].isupper() and text.endswith(".") for text in caption.alternatives)
    assert all(caption.alternatives == () for caption in plain)


def test_sentences_that_differ_in_articles_only_are_no_alternatives(
    checkpoint: Checkpoint,
) -> None:
    words = ["a", "the", "an", *WORDS[3:]]
    articles = captioner_of(replace(checkpoint, vocabulary=Vocabulary(words)), engine="torch")
    for caption in articles.caption([photo(seed) for seed in range(4)], alternatives=5):
        meanings = [
            tuple(word for word in text.lower().strip(".…").split() if word not in words[:3])
            for text in (caption.text, *caption.alternatives)
        ]
        assert len(set(meanings)) == len(meanings)


def test_the_brevity_of_captions_can_be_chosen(captioner: Captioner) -> None:
    pictures = [photo(seed) for seed in range(4)]
    long, short = (
        sum(len(caption.words) for caption in captioner.caption(pictures, brevity=brevity))
        for brevity in (-9.0, 0.0)
    )
    assert short < long


def test_a_bad_image_raises_an_image_error(captioner: Captioner) -> None:
    with pytest.raises(ImageError):
        captioner.caption([b"no image"])


def test_loading_by_path_and_by_unknown_name(checkpoint_path: Path) -> None:
    assert load_captioner(checkpoint_path, engine="torch").version == "0.0.1"
    with pytest.raises(CaptioningError, match=r"'nonsense' is neither .*resnet34-lstm"):
        load_captioner("nonsense")
    with pytest.raises(CaptioningError, match="engine must be one of"):
        load_captioner(checkpoint_path, engine="abacus")


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_a_calibrated_model_tells_its_confidence(
    engine: str, checkpoint: Checkpoint, captioner: Captioner
) -> None:
    pytest.importorskip(engine)
    pictures = [photo(seed) for seed in range(20)]
    spread = np.std([one.pooled for one in captioner.evidence(pictures)], axis=0).max()
    draws = np.random.default_rng(0).normal(size=576) / spread / 10
    confidence = ConfidenceModel(
        ("mean_log_probability", "length"), (-3.0, 5.0), (1.0, 1.0), (1.0, -0.3), (*draws,), 0.0
    )
    sure = captioner_of(replace(checkpoint, confidence=confidence), engine=engine)
    captions = sure.caption(pictures)
    told = [caption.confidence for caption in captions]
    evidence = sure.evidence(pictures)
    expected = confidence.of(
        np.stack([one.figures for one in evidence]), np.stack([one.pooled for one in evidence])
    )
    assert told == pytest.approx(expected.tolist(), rel=1e-3)
    assert all(value is not None and 0 <= value <= 1 for value in told)
    assert len({round(value or 0, 3) for value in told}) > 5
    assert [one.text for one in evidence] == [caption.text for caption in captions]
    (asked,) = sure.caption(pictures[:1], alternatives=3)
    assert asked.confidence == pytest.approx(told[0], rel=1e-3)
    assert {caption.confidence for caption in captioner.caption(pictures[:2])} == {None}


def test_engines_see_the_same_of_a_photo(checkpoint: Checkpoint, captioner: Captioner) -> None:
    pytest.importorskip("openvino")
    for both_sides in (False, True):
        preprocessing = replace(checkpoint.preprocessing, both_sides=both_sides)
        chosen = replace(checkpoint, preprocessing=preprocessing)
        one, two = (
            np.stack([it.pooled for it in model.evidence([photo(1), photo(2), photo(3)])])
            for model in (
                captioner_of(chosen, engine="torch"),
                captioner_of(chosen, engine="openvino", threads=1, full_precision=True),
            )
        )
        assert one.shape == (3, 576)
        np.testing.assert_allclose(one, two, atol=1e-3)
