"""Writes the ruler's tokens and scores into scored_captions.json, beside the captions they judge.

Run it with a Java runtime and the training extra installed, after a change to the captions:

    python tests/training/record_scores.py
"""

import json
from pathlib import Path

from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.meteor.meteor import Meteor
from pycocoevalcap.rouge.rouge import Rouge
from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

FIXTURE = Path(__file__).with_name("scored_captions.json")


def ruler_tokens(captions: dict[str, list[str]]) -> dict[str, list[str]]:
    """Tokens of each caption, joined by spaces."""
    entries = {key: [{"caption": text} for text in texts] for key, texts in captions.items()}
    return PTBTokenizer().tokenize(entries)


def ruler_scores(
    hypotheses: dict[str, list[str]], references: dict[str, list[str]]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Corpus scores and scores per image of tokenised captions, times 100."""
    bleu, bleu_each = Bleu(4).compute_score(references, hypotheses, verbose=0)
    rouge, rouge_each = Rouge().compute_score(references, hypotheses)
    cider, cider_each = Cider().compute_score(references, hypotheses)
    meteor, meteor_each = Meteor().compute_score(references, hypotheses)
    corpus = {f"bleu{n}": 100 * value for n, value in enumerate(bleu, start=1)}
    corpus |= {"rouge_l": 100 * float(rouge), "cider": 100 * float(cider), "meteor": 100 * meteor}
    names = ("bleu4", "rouge_l", "cider", "meteor")
    each = zip(bleu_each[3], rouge_each, cider_each, meteor_each, strict=True)
    images = {
        key: {name: 100 * float(value) for name, value in zip(names, values, strict=True)}
        for key, values in zip(references, each, strict=True)
    }
    return corpus, images


def main() -> None:
    fixture = json.loads(FIXTURE.read_text(encoding="utf-8"))
    references = ruler_tokens(fixture["references"])
    hypotheses = ruler_tokens({key: [text] for key, text in fixture["hypotheses"].items()})
    corpus, images = ruler_scores(hypotheses, references)
    fixture["recorded"] = {
        "reference_tokens": references,
        "hypothesis_tokens": {key: tokens for key, (tokens,) in hypotheses.items()},
        "scores": corpus,
        "image_scores": images,
    }
    text = json.dumps(fixture, indent=2, ensure_ascii=False)
    FIXTURE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
