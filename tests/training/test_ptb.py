"""The tokeniser against pycocoevalcap's: recorded answers, and live where Java and it are there."""

import shutil
from pathlib import Path

import pytest

from training.ptb import tokenise

SHARED = Path(__file__).parents[2] / ".." / "shared" / "flickr8k" / "Flickr8k_text"

# Captions with the ruler's answers: tokens between spaces, "␣" for a space inside a token.
RECORDED = {
    "A man's dog. It's nice! Isn't it?": "a man 's dog it 's nice is n't it",
    "They're here, we've won; I'd go.": "they 're here we 've won i 'd go",
    "I cannot, gonna wanna, lemme!": "i can not gon na wan na lem me",
    "cannot-do CANNOTS wannabe": "cannot-do cannots wannabe",
    "'Tis a dog, 'twas more'n a dog": "'t is a dog 't was more 'n a dog",
    "rock'n'roll, fish 'n chips, 'em": "rock 'n' roll fish 'n chips 'em",
    "y'all ya'll o'clock O'Neil ma'am": "y' all ya 'll o'clock o'neil ma'am",
    "ain't-a couldn't've DON'T": "ai n't a could n't 've do n't",
    "the dogs' bowl, James' hat": "the dogs bowl james hat",
    "an ant 's-eye-view": "an ant 's eye-view",
    "\"quoted\" and 'single' and ``old''": "quoted and single and old",
    "“curly” ‘single’ it’s don’t": "curly single it 's do n't",
    "wait... so.. no . . . yes…": "wait so no yes",
    "one--two one - two one—two": "one two one two one two",
    "hello!!! what?! yes! no?": "hello !!! what ?! yes no",
    "red,white,and blue; man.The dog": "red white and blue man.the dog",
    "-hello- T-shirt 9-year-old mid-1990s": "hello t-shirt 9-year-old mid-1990s",
    "$5.50, US$5, £5, €5, 5¢, 50%": "$ 5.50 us$ 5 # 5 $ 5 5 cents 50 %",
    "#5 #hashtag @user a&b AT&T M&M's": "# 5 #hashtag @user a & b at&t m&m 's",
    "(left) [up] {in} <b>bold</b>": "-lrb- left -rrb- -lsb- up -rsb- -lcb- in -rcb- <b> bold </b>",
    "1,000 2.5 10:30 3:30pm 5x5 1st +5 -5": "1,000 2.5 10:30 3:30 pm 5x5 1st +5 -5",
    "1/2 cup, 1 1/2 cups, ½ cup, 24/7": "1/2 cup 1␣1/2 cups 1/2 cup 24/7",
    "call (415) 555-1234 in 01/02/2013": "call -lrb-415-rrb-␣555-1234 in 01/02/2013",
    "5'10\" tall, the '90s, 1990's": "5 10 tall the '90s 1990 's",
    "black/white his/her/their w/ w/o": "black/white his/her/their w / w/o",
    "a_b a*b ** a+b a=b ~5 & ^": "a_b a * b ** a + b a = b ~ 5 & ^",
    "U.S. Mr. Smith Jr. St. Louis a.m. etc.": "u.s. mr. smith jr. st. louis a.m. etc.",
    "no. 5 is no. no. 1": "no. 5 is no no. 1",
    "plan B. The man took plan B. Then.": "plan b the man took plan b. then",
    "vitamin C. The man": "vitamin c the man",
    "letter P.": "letter p.",
    "www.example.com/photo me@example.com": "www.example.com/photo me@example.com",
    "smile :) :-( ;D :p ^_^": "smile :-rrb- :--lrb- ;d :p ^_^",
    "café naïve 日本 Москва": "café naïve 日本 москва",
    "a 😀 dog ♥": "a dog ♥",
    "a &amp; b &lt; c &quot;d&quot; it&apos;s": "a & b < c d it 's",
}

TRICKY = [caption for caption in RECORDED if caption.isascii()]


@pytest.mark.parametrize("caption", RECORDED)
def test_splits_as_recorded(caption: str) -> None:
    expected = RECORDED[caption].split()
    assert tokenise(caption) == [token.replace("␣", "\u00a0") for token in expected]


@pytest.mark.parametrize("caption", ["", " ", "\t\n", ".", "...", " , . ! ", '""', "\u00a0"])
def test_gives_no_words_where_there_are_none(caption: str) -> None:
    assert tokenise(caption) == []


def test_reads_a_line_break_as_a_space() -> None:
    assert tokenise("a dog\nruns\r\n") == ["a", "dog", "runs"]


def test_leaves_its_own_answers_alone() -> None:
    words = tokenise("A man's T-shirt isn't clean, but the dog - a terrier - doesn't mind.")
    assert tokenise(" ".join(words)) == words


def test_survives_any_character() -> None:
    everything = "".join(map(chr, range(0x500)))
    tokens = tokenise(everything)
    assert tokens and all(token == token.strip() and token for token in tokens)


@pytest.mark.skipif(shutil.which("java") is None, reason="the ruler's tokeniser needs Java")
class TestAgainstTheRuler:
    def test_on_tricky_captions(self) -> None:
        assert [tokenise(caption) for caption in TRICKY] == _ruler(TRICKY)

    def test_on_500_dev_captions(self) -> None:
        captions = _dev_captions(500)
        assert [tokenise(caption) for caption in captions] == _ruler(captions)

    def test_on_500_dev_captions_as_people_write_them(self) -> None:
        captions = [_untokenised(caption) for caption in _dev_captions(500)]
        assert [tokenise(caption) for caption in captions] == _ruler(captions)


def _ruler(captions: list[str]) -> list[list[str]]:
    module = pytest.importorskip("pycocoevalcap.tokenizer.ptbtokenizer")
    entries = {index: [{"caption": caption}] for index, caption in enumerate(captions)}
    answers = module.PTBTokenizer().tokenize(entries)
    return [answers[index][0].split(" ") for index in range(len(captions))]


def _dev_captions(number: int) -> list[str]:
    if not SHARED.is_dir():
        pytest.skip("Flickr8k's captions are not beside this checkout")
    images = set((SHARED / "Flickr_8k.devImages.txt").read_text(encoding="utf-8").split())
    lines = (SHARED / "Flickr8k.token.txt").read_text(encoding="utf-8").splitlines()
    captions = [
        caption
        for name, caption in (line.split("\t") for line in lines)
        if name.partition("#")[0] in images
    ]
    return captions[:number]


def _untokenised(caption: str) -> str:
    """Flickr8k's captions have spaces before punctuation; most people write none."""
    for mark in (".", ",", ";", "!", "?", ":", "'s", "n't"):
        caption = caption.replace(f" {mark}", mark)
    return caption
