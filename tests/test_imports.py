"""Which package may import what: imports point one way only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"captioning", "training", "bot", "migrations"}
MAY_IMPORT = {
    "captioning": {"captioning"},
    "training": {"training", "captioning"},
    "bot": {"bot", "captioning", "migrations"},
    "migrations": {"migrations", "bot"},
}
# What the bot does, as opposed to how Telegram is spoken to.
DOMAIN = [
    "jobs",
    "claims",
    "queue",
    "steps",
    "transitions",
    "outcomes",
    "stage",
    "activity",
    "worker",
    "messenger",
    "albums",
    "answers",
    "captions",
    "attention",
    "models",
    "photos",
    "jpeg",
    "once",
    "feedback",
    "corrections",
    "answered_jobs",
    "caption_rules",
    "history",
    "statistics",
    "stats",
    "health",
    "export",
    "pseudonyms",
    "digest",
    "privacy",
    "access",
    "limits",
    "retention",
    "chat_settings",
    "users",
    "settings",
    "data_folder",
    "storage",
]


def sources(*places: str) -> list[Path]:
    """The Python files of packages and modules, named by their dotted names."""
    files: list[Path] = []
    for place in places:
        path = ROOT.joinpath(*place.split("."))
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return files


def imported(path: Path) -> Iterator[str]:
    """The dotted names that a file imports, wherever in it, also only for type checks."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parent.parts
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def importers_of(name: str, *places: str) -> list[str]:
    """The files of `places` that import the package or module `name`."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in sources(*places)
        if any(f"{found}.".startswith(f"{name}.") for found in imported(path))
    ]


@pytest.mark.parametrize("package", sorted(OURS))
def test_imports_point_one_way(package: str) -> None:
    for other in OURS - MAY_IMPORT[package]:
        assert importers_of(other, package) == []


def test_the_walk_sees_imports() -> None:
    """Or every test here would pass for nothing."""
    assert "training/train.py" in importers_of("captioning", "training")
    assert "bot/app.py" in importers_of("aiogram", "bot")
    assert importers_of("captioning.vocabulary", "captioning")


def test_migrations_see_only_the_storage() -> None:
    seen = {name for path in sources("migrations") for name in imported(path)}
    ours = {name for name in seen if name.split(".")[0] in OURS - {"migrations"}}
    assert {name for name in ours if not name.startswith("bot.storage")} == set()


@pytest.mark.parametrize("module", DOMAIN)
def test_the_bot_s_domain_knows_no_aiogram(module: str) -> None:
    assert sources(f"bot.{module}")
    assert importers_of("aiogram", f"bot.{module}") == []


def test_the_domain_loads_no_aiogram_by_a_detour() -> None:
    script = f"""
import importlib, sys
for module in {DOMAIN!r}:
    importlib.import_module("bot." + module)
    assert "aiogram" not in sys.modules, module
"""
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 0, finished.stderr


def test_captioning_reads_no_environment() -> None:
    for path in sources("captioning"):
        names = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
        }
        assert names.isdisjoint({"environ", "getenv"}), path
    assert importers_of("dotenv", "captioning") == []


PLUGINS = [f"PIL.{kind}ImagePlugin" for kind in ("Jpeg", "Png", "WebP", "Gif", "Bmp", "Avif")]


def test_only_one_package_opens_images() -> None:
    callers = [
        path.relative_to(ROOT).as_posix()
        for path in sources("captioning")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Image.open", "PIL.Image.open")
    ]
    assert callers == []
    assert importers_of("PIL.Image.open", "captioning") == []
    decoders = {
        path
        for name in (*PLUGINS, "pillow_heif")
        for path in importers_of(name, "captioning", "training", "bot")
    }
    assert {str(Path(path).parent) for path in decoders} == {"captioning/images"}


def test_only_one_module_imports_torchvision() -> None:
    direct = set(importers_of("torchvision", "captioning", "training", "bot"))
    by_name = {
        path.relative_to(ROOT).as_posix()
        for path in sources("captioning", "training", "bot")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("import_module")
        and "torchvision" in ast.unparse(node)
    }
    assert direct | by_name == {"captioning/torchvision_compat.py"}
