"""Reports on models with random weights: what is said is checked, not whether it is good."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from captioning import load_captioner
from captioning.checkpoint import Card, Checkpoint, Model
from captioning.decoders import DecoderConfig
from captioning.images import Preprocessing
from captioning.search import SearchOptions
from captioning.vocabulary import SPECIAL_TOKENS, Vocabulary
from training.__main__ import app
from training.datasets import DatasetError, load_dataset, open_dataset
from training.evaluate import evaluate_captioner
from training.html_report import write_report
from training.prepare import prepare
from training.run_folder import ModelError

CURVE = """phase,epoch,step,objective,dev_cider,dev_bleu4,dev_ended
1,1,10,4.5,10.0,5.0,0.9
1,2,20,3.5,20.0,6.0,1.0
2,1,30,41.5,30.0,7.0,
"""


class Tags(HTMLParser):
    """The tags of a page, and whether each is closed."""

    EMPTY = ("meta", "img")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checkpoint(path: Path, name: str, kind: str) -> Path:
    torch.manual_seed(3)
    vocabulary = Vocabulary("a red green blue circle square".split())
    config = DecoderConfig(
        kind=kind,
        vocabulary_size=len(vocabulary.words),
        feature_size=576,
        embedding_size=8,
        hidden_size=8,
        attention_size=8,
    )
    model = Model("mobilenet_v3_small", config)
    path.parent.mkdir(parents=True, exist_ok=True)
    Checkpoint(
        card=Card(model=name, version="7.8.9"),
        encoder_name="mobilenet_v3_small",
        decoder_config=config,
        vocabulary=vocabulary,
        preprocessing=Preprocessing(size=64),
        search=SearchOptions(max_length=6),
        weights=model.state_dict(),
    ).save(path)
    assert vocabulary.words[: len(SPECIAL_TOKENS)] == SPECIAL_TOKENS
    return path


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "try-<1>"
    checkpoint(folder / "best.safetensors", "mobilenet-attention", "attention")
    (folder / "curve.csv").write_text(CURVE)
    return folder


def tags(page: str) -> Tags:
    parser = Tags()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_shows_scores_curves_examples_and_attention(
    run: Path, flickr8k: Path, tmp_path: Path
) -> None:
    other = checkpoint(tmp_path / "other.safetensors", "resnet34-lstm", "lstm")
    out = tmp_path / "page.html"
    write_report(
        [str(run), str(other)],
        open_dataset(flickr8k),
        out,
        split="val",
        beam_size=2,
        engine="torch",
    )
    page = out.read_text(encoding="utf-8")
    sources = tags(page).sources
    assert "6 photos" in page
    assert "beam 2" in page
    # One photo for each of the six records and model, four attention pictures, nothing linked.
    assert len(sources) == 6 * 2 + 4
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "http" not in page

    records = load_dataset(flickr8k, "dev")
    result = evaluate_captioner(load_captioner(other, engine="torch"), records, beam_size=2)
    for record in records:
        assert result.captions[record.name] in page
        assert all(caption in unescape(page) for caption in record.captions)
    for value in (result.scores.cider, result.scores.bleu1, result.scores.rouge_l):
        assert f"<b>{value:.1f}</b>" in page
    assert "version 7.8.9" in page
    assert "try-&lt;1&gt;" in page
    assert "try-<1>" not in page


def test_curves_are_drawn_by_what_was_trained_on(run: Path, flickr8k: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    write_report([str(run)], open_dataset(flickr8k), out, engine="torch")
    page = out.read_text(encoding="utf-8")
    charts = dict(
        re.findall(r"<figcaption>(.*?)</figcaption>(<svg.*?</svg>)", page, flags=re.DOTALL)
    )
    assert list(charts) == [
        "Training loss",
        "CIDEr-D of sampled captions",
        "CIDEr on dev",
        "BLEU-4 on dev",
        "Share that ends by itself, on dev",
    ]
    assert [chart.count("<circle") for chart in charts.values()] == [2, 1, 3, 3, 2]
    assert "Training loss 3.5 (phase 1, epoch 2, step 20)" in charts["Training loss"]
    assert charts["CIDEr on dev"].count('class="ring"') == 2  # each phase begins with one


def test_epochs_without_captions_have_a_chart_of_their_own(
    run: Path, flickr8k: Path, tmp_path: Path
) -> None:
    """Such an epoch has a loss of another kind and no scores; a training may also go astray."""
    (run / "curve.csv").write_text(
        "phase,epoch,step,loss,reward,dev_cider,dev_bleu4,dev_ended\n"
        "1,1,10,0.9480,,,,\n1,2,20,0.7169,,,,\n"
        "2,1,30,4.5,,10.0,5.0,0.9\n2,2,40,nan,,12.0,6.0,0.9\n"
        "3,1,50,0.5,,,,\n"
        "4,1,60,3.5,,20.0,7.0,1.0\n"
    )
    out = tmp_path / "page.html"
    write_report([str(run)], open_dataset(flickr8k), out, engine="torch")
    page = out.read_text(encoding="utf-8")
    tags(page)
    charts = dict(
        re.findall(r"<figcaption>(.*?)</figcaption>(<svg.*?</svg>)", page, flags=re.DOTALL)
    )
    other = "Loss where no captions are learned"
    assert list(charts)[:2] == [other, "Training loss"]
    assert charts[other].count("<circle") == 3
    assert "0.7169 (phase 1, epoch 2, step 20)" in charts[other]
    assert re.findall(r"Training loss ([\d.]+) \(phase", charts["Training loss"]) == ["4.5", "3.5"]
    cider = charts["CIDEr on dev"]
    # No line leads over the epoch that was not scored, and its place stays free.
    assert [len(line.split()) for line in re.findall(r'points="(.*?)"', cider)] == [2, 1]
    x = [float(place) for place in re.findall(r'cx="([\d.]+)"', cider)]
    assert x[2] - x[1] == pytest.approx(2 * (x[1] - x[0]), abs=0.2)
    # The same epoch is at the same place in every chart.
    last = [
        re.findall(r'cx="([\d.]+)"', charts[name])[-1] for name in ("Training loss", "CIDEr on dev")
    ]
    assert last[0] == last[1]


def test_the_command_finds_the_dataset_and_writes_into_the_run(
    run: Path, flickr8k: Path, tmp_path: Path
) -> None:
    prepared = tmp_path / "prepared"
    prepare([flickr8k], prepared, min_count=1, splits=("dev",))
    arguments = ["report", str(run), "--prepared", str(prepared), "--engine", "torch"]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "report.html" in result.output.replace("\n", "")
    assert "mobilenet" in (run / "report.html").read_text(encoding="utf-8").lower()
    (prepared / "source.json").unlink()
    with pytest.raises(DatasetError, match="--dataset"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_a_run_without_a_checkpoint_is_named(run: Path, flickr8k: Path, tmp_path: Path) -> None:
    (run / "best.safetensors").unlink()
    with pytest.raises(ModelError, match=r"holds no best\.safetensors"):
        write_report([str(run)], open_dataset(flickr8k), tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
