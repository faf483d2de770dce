"""Downloads from a server on this machine that stands in for the network."""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gdown
import pytest
import torch
from gdown.exceptions import FileURLRetrievalError
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from captioning import catalogue, download, load_captioner
from captioning.catalogue import REMOTE, RemoteFile, UnknownModelError
from captioning.download import DownloadError, download_model, fetch
from captioning.model_commands import app
from captioning.seed.torch_pickle import PickleError

NAME = "seed-mobilenet-attention"
PAGE = b"\n<!DOCTYPE html><html><title>Sign in to the airport's network</title></html>"


@dataclass
class Server:
    """Answers with what a test puts here."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut: bool = False
    """Whether answers end before their announced length."""

    def file(self, name: str, **options: Any) -> RemoteFile:
        return RemoteFile(name, 1, f"{self.address}/{name}", **options)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            state.asked.append(name)
            if name not in state.files:
                self.send_error(404)
                return
            content = state.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if state.cut else content)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.address = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, args=(0.05,))
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def encoder_file(
    encoder_states: dict[str, dict[str, torch.Tensor]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("encoder") / "encoder.safetensors"
    save_file(encoder_states["mobilenet_v3_small"], path)
    return path


@pytest.fixture
def remote(server: Server, seed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The seed's attention model, small, on the stand-in server."""
    torch.manual_seed(3)
    module = seed.attention(16, 8, 8, 4)
    server.files["model.pt"] = seed.save(module, tmp_path / "made.pt").read_bytes()
    server.files["vocab.pkl"] = seed.save_words(seed.words(16), tmp_path / "made.pkl").read_bytes()
    digest = hashlib.sha256(server.files["vocab.pkl"]).hexdigest()
    model = replace(
        REMOTE[NAME],
        weights=server.file("model.pt"),
        vocabulary=server.file("vocab.pkl", sha256=digest),
    )
    for module_with_models in (catalogue, download):
        monkeypatch.setattr(module_with_models, "REMOTE", {NAME: model})
    return server


def left(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def test_a_downloaded_model_works_without_the_network(
    remote: Server, encoder_file: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    path = download_model(NAME, cache, encoder_weights=encoder_file)
    assert sorted(remote.asked) == ["model.pt", "vocab.pkl"]
    assert left(cache) == ["downloads.json", f"{NAME}.safetensors"]
    recorded = json.loads((cache / "downloads.json").read_text())
    assert recorded["model.pt"] == hashlib.sha256(remote.files["model.pt"]).hexdigest()

    remote.files.clear()
    assert download_model(NAME, cache) == path
    captioner = load_captioner(NAME, engine="torch", cache=cache)
    assert captioner.name == NAME
    (caption,) = captioner.caption([Image.new("RGB", (300, 260), "red")])
    assert len(caption.words) <= 31


def test_a_vocabulary_at_hand_is_not_fetched(
    remote: Server, encoder_file: Path, tmp_path: Path
) -> None:
    del remote.files["vocab.pkl"]
    vocabulary = tmp_path / "made.pkl"
    download_model(NAME, tmp_path / "cache", vocabulary=vocabulary, encoder_weights=encoder_file)
    assert remote.asked == ["model.pt"]


def test_a_file_that_changed_since_the_first_download_is_refused(
    remote: Server, seed: Any, encoder_file: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    path = download_model(NAME, cache, encoder_weights=encoder_file)
    before = path.read_bytes()
    download_model(NAME, cache, encoder_weights=encoder_file, again=True)
    other = seed.save(seed.attention(16, 8, 8, 4), tmp_path / "other.pt")
    remote.files["model.pt"] = other.read_bytes()
    with pytest.raises(DownloadError, match="not the file of the first download"):
        download_model(NAME, cache, encoder_weights=encoder_file, again=True)
    assert path.read_bytes() == before
    (cache / "downloads.json").unlink()
    download_model(NAME, cache, encoder_weights=encoder_file, again=True)
    assert path.read_bytes() != before


def test_a_harmful_file_leaves_nothing_behind(
    remote: Server, encoder_file: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    remote.files["model.pt"] = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
    with pytest.raises(PickleError, match=r"asks for os\.system"):
        download_model(NAME, cache, encoder_weights=encoder_file)
    assert left(cache) == []


@pytest.mark.parametrize("name", ["model.pt", "vocab.pkl"])
def test_a_web_page_in_place_of_a_file_is_recognised(
    name: str, remote: Server, encoder_file: Path, tmp_path: Path
) -> None:
    remote.files[name] = PAGE
    cache = tmp_path / "cache"
    with pytest.raises(DownloadError, match=f"a web page came instead of {name}: sign in"):
        download_model(NAME, cache, encoder_weights=encoder_file)
    assert left(cache) == []


def test_a_published_checksum_is_checked(remote: Server, tmp_path: Path) -> None:
    file = remote.file("model.pt", sha256="0" * 64)
    with pytest.raises(DownloadError, match="damaged or was replaced"):
        fetch(file, tmp_path / "fetched")


def test_a_missing_file_a_cut_line_and_a_dead_server_are_one_sentence(
    remote: Server, tmp_path: Path
) -> None:
    with pytest.raises(DownloadError, match=r"nothing\.pt .* the server answered 404"):
        fetch(remote.file("nothing.pt"), tmp_path / "fetched")
    dead = RemoteFile("model.pt", 1, "http://127.0.0.1:9/model.pt")
    with pytest.raises(DownloadError, match="check this machine's network connection"):
        fetch(dead, tmp_path / "fetched")
    remote.cut = True
    with pytest.raises(DownloadError, match=r"model\.pt"):
        fetch(remote.file("model.pt"), tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()


def test_a_file_on_google_drive_is_asked_for_by_its_id(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {}

    def fake(output: str, **options: Any) -> str:
        asked.update(options)
        Path(output).write_bytes(b"content")
        return output

    monkeypatch.setattr(gdown, "download", fake)
    digest = fetch(REMOTE[NAME].weights, tmp_path / "fetched")
    assert digest == hashlib.sha256(b"content").hexdigest()
    assert asked["id"] == "1gGo-JGPg0umUHceySjM6oWiLKZJ7wJik"
    assert asked["url"] is None
    assert not asked.get("quiet")  # the progress bar


def test_google_drives_quota_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fake(**_: Any) -> str:
        raise FileURLRetrievalError("Too many users have viewed or downloaded this file recently.")

    monkeypatch.setattr(gdown, "download", fake)
    with pytest.raises(DownloadError, match=r"quota .*caption import-seed"):
        fetch(REMOTE[NAME].weights, tmp_path / "fetched")


def test_unknown_names_unwritable_folders_and_damaged_records_are_said(
    remote: Server, encoder_file: Path, tmp_path: Path
) -> None:
    with pytest.raises(UnknownModelError, match=f"choose {NAME}"):
        download_model("resnet34-lstm", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match="cannot hold the model"):
        download_model(NAME, tmp_path / "file" / "cache", encoder_weights=encoder_file)
    (tmp_path / "downloads.json").write_text("[1")
    with pytest.raises(DownloadError, match=r"downloads\.json is damaged: delete it"):
        download_model(NAME, tmp_path, encoder_weights=encoder_file)


def test_the_command_downloads_once_and_lists_what_is_there(
    remote: Server, encoder_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CliRunner().invoke
    place = ["--cache", str(tmp_path / "cache")]
    listed = run(app, ["models", *place]).output
    assert "seed-mobilenet-attention" in listed
    assert "about 112 MB to fetch, not in the cache" in listed

    options = [*place, "--encoder-weights", str(encoder_file)]
    first = run(app, ["download", NAME, *options])
    assert first.exit_code == 0
    assert "Nobody has published a checksum" in first.stderr
    assert f"{NAME} is now at" in first.stdout
    second = run(app, ["download", NAME, *options])
    assert second.exit_code == 0
    assert f"{NAME} is already at" in second.stdout
    assert remote.asked.count("model.pt") == 1

    listed = run(app, ["models", *place]).output
    (line,) = (line for line in listed.splitlines() if NAME in line)
    assert "version seed-" in line
    assert line.endswith("in the cache")


def test_the_command_says_what_went_wrong(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["download", "nonsense", "--cache", str(tmp_path)])
    assert result.exit_code == 1
    assert "'nonsense' is no model that can be downloaded" in result.stderr
