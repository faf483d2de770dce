"""The wheel, installed where the source tree is not: everything it needs must be inside."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
PACKAGES = ["captioning", "training", "bot", "migrations", "simulation"]
TIMEOUT = 240


class Installation:
    """A virtual environment with the wheel, and an empty folder to run commands in."""

    def __init__(self, folder: Path) -> None:
        self.environment = folder / "environment"
        self.empty = folder / "empty"
        self.empty.mkdir()
        self.wheel = self._build(folder)
        self._install()

    def _build(self, folder: Path) -> Path:
        source = folder / "source"  # a build leaves its traces beside what it builds
        source.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        for name in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        build = "from setuptools import build_meta; print(build_meta.build_wheel('..'))"
        output = check([sys.executable, "-c", build], source)
        return folder / output.splitlines()[-1]

    def _install(self) -> None:
        venv.create(self.environment, with_pip=False, symlinks=True)
        scheme = "venv" if "venv" in sysconfig.get_scheme_names() else None
        variables = {"base": str(self.environment), "platbase": str(self.environment)}
        paths = sysconfig.get_paths(scheme or "posix_prefix", variables)
        # What the wheel depends on comes from the running environment. A .pth file inside a folder
        # that a .pth file names is not read, so the editable install there stays out of sight.
        here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        Path(paths["purelib"], "dependencies.pth").write_text("\n".join(sorted(here)))
        pip = [sys.executable, "-m", "pip", "--python", str(self.command("python")), "install"]
        check([*pip, "--quiet", "--no-index", "--no-deps", str(self.wheel)], self.empty)

    def command(self, name: str) -> Path:
        return self.environment / "bin" / name

    def run(self, name: str, *arguments: str, **variables: str) -> str:
        """Run an installed command in the empty folder and return what it printed."""
        return check([str(self.command(name)), *arguments], self.empty, **variables)


def check(command: list[str], folder: Path, **variables: str) -> str:
    finished = subprocess.run(
        command,
        cwd=folder,
        env=clean_environment() | variables,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def clean_environment() -> dict[str, str]:
    ours = ("PYTHONPATH", "BOT_TOKEN", "TELEGRAM_API_URL", "PROXY_URL", "DATA_DIR", "DATABASE_URL")
    return {name: value for name, value in os.environ.items() if name not in ours}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("wheel"))


def test_every_file_of_the_packages_is_inside(installation: Installation) -> None:
    with zipfile.ZipFile(installation.wheel) as archive:
        inside = set(archive.namelist())
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files - inside == set()
    for needed in (
        "captioning/weights/resnet34-lstm.safetensors",
        "captioning/weights/mobilenet-attention.safetensors",
        "bot/sandbox/page/index.html",
        "bot/web/page/index.html",
        "captioning/library/page/page.html",
        "migrations/env.py",
        "migrations/script.py.mako",
    ):
        assert needed in inside


def test_the_wheel_holds_nothing_but_the_packages(installation: Installation) -> None:
    with zipfile.ZipFile(installation.wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_packages_are_imported_from_the_new_environment(installation: Installation) -> None:
    script = f"import {', '.join(PACKAGES)}; print({'.__file__, '.join(PACKAGES)}.__file__)"
    for path in installation.run("python", "-c", script).split():
        assert Path(path).is_relative_to(installation.environment)


@pytest.mark.parametrize("command", ["captionbot", "caption", "caption-train"])
def test_commands_explain_themselves(installation: Installation, command: str) -> None:
    assert "Usage" in installation.run(command, "--help")


def test_caption_uses_the_weights_inside(installation: Installation) -> None:
    photo = installation.empty.parent / "photo.jpg"
    Image.effect_mandelbrot((320, 240), (-2, -1.2, 1, 1.2), 60).save(photo)
    line = json.loads(installation.run("caption", "--json", str(photo)))
    assert line["file"] == str(photo)
    bundled = {path.stem for path in (ROOT / "captioning" / "weights").glob("*.safetensors")}
    assert {caption["model"] for caption in line["captions"]} == bundled
    assert all(caption["text"] and caption["words"] for caption in line["captions"])


def test_migrations_run_from_inside(installation: Installation, tmp_path: Path) -> None:
    data = tmp_path / "data"
    installation.run("captionbot", "migrate", DATA_DIR=str(data))
    assert (data / "captionbot.db").stat().st_size > 0


def test_the_chat_page_is_served_from_inside(installation: Installation, tmp_path: Path) -> None:
    command = [str(installation.command("captionbot")), "sandbox", "--api-only", "--port", "0"]
    environment = clean_environment() | {"DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=installation.empty, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = re.search(r"http://[\w.:]+", process.stdout.readline())
            assert address is not None
            with urllib.request.urlopen(address[0], timeout=60) as response:
                page = response.read().decode()
        finally:
            process.terminate()
            process.wait(30)
    assert "<html" in page.lower()


def test_commands_leave_the_folder_they_run_in_alone(installation: Installation) -> None:
    installation.run("captionbot", "--help")
    assert list(installation.empty.iterdir()) == []
