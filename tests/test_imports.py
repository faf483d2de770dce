"""Which package may import what: imports point one way only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from captioning.catalogue import ENTRIES

ROOT = Path(__file__).parents[1]
OURS = {"captioning", "training", "bot", "migrations", "simulation"}
MAY_IMPORT = {
    "captioning": {"captioning"},
    "training": {"training", "captioning"},
    "bot": {"bot", "captioning", "migrations"},
    "migrations": {"migrations", "bot"},
    "simulation": {"simulation", "training", "bot", "captioning"},
}
PUT_TOGETHER = {("training", "simulation"): ["training/__main__.py"]}
"""Imports that point the other way, so that a command of `caption-train` stands on the bot too."""
# The bot's folders, the highest first: each may import those below it, and none above.
FOLDERS = (
    "handlers",
    "telegram",
    "web",
    "texts",
    "figures",
    "people",
    "feedback",
    "queue",
    "storage",
)
# What speaks to Telegram, as opposed to what the bot does.
MAY_IMPORT_AIOGRAM = {"handlers", "telegram", "sandbox", "app", "i18n"}
AT_THE_TOP = {"__main__", "app", "doctor", "loadtest"}
"""What puts the bot together, and may import anything in it; nothing else imports it."""
AT_THE_BOTTOM = {"settings", "data_folder", "redaction", "i18n", "memory"}
"""The bot's modules that import nothing of it; `i18n` brings aiogram, so few may import it."""
MAY_IMPORT_I18N = {"handlers", "telegram", "texts", "web"} | AT_THE_TOP
WITHOUT_TESTS = {
    "bot/queue/downloads.py": "a type and errors; bot/telegram/downloads.py raises them",
    "bot/queue/messenger.py": "a protocol and errors; bot/telegram/messenger.py implements it",
}
"""Modules of the bot without a test module of their own, and why."""
MOST_MODULES = 8
MOST_LINES = 300


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


def module_name(path: Path) -> str:
    """The dotted name of a file; that of a package, for its `__init__.py`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of_ours(path: Path) -> Iterator[str]:
    """The modules of this repository that a file imports.

    `from bot.queue import jobs` is the module `bot.queue.jobs`, not the package; what a package's
    `__init__.py` gives on is the package.
    """
    for name in imported(path):
        if name.split(".")[0] not in OURS:
            continue
        while name and not is_module(name):
            name = name.rpartition(".")[0]
        if name != module_name(path):
            yield name


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


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
        assert importers_of(other, package) == PUT_TOGETHER.get((package, other), [])


def test_the_walk_sees_imports() -> None:
    """Or every test here would pass for nothing."""
    assert "training/train.py" in importers_of("captioning", "training")
    assert "bot/app.py" in importers_of("aiogram", "bot")
    assert importers_of("captioning.vocabulary", "captioning")
    assert "bot.queue.jobs" in imports_of_ours(ROOT / "bot" / "handlers" / "photos.py")


def test_migrations_see_only_the_storage() -> None:
    seen = {name for path in sources("migrations") for name in imported(path)}
    ours = {name for name in seen if name.split(".")[0] in OURS - {"migrations"}}
    assert {name for name in ours if not name.startswith("bot.storage")} == set()


def may_import(part: str) -> set[str]:
    """The parts of the bot that a folder, or a module directly in it, may import."""
    if part in AT_THE_TOP:
        return {*FOLDERS, *AT_THE_TOP, *AT_THE_BOTTOM, "sandbox"}
    if part in FOLDERS:
        below = {*FOLDERS[FOLDERS.index(part) :]}
        i18n = AT_THE_BOTTOM if part in MAY_IMPORT_I18N else AT_THE_BOTTOM - {"i18n"}
        return below | i18n
    return {part}


def parts() -> list[str]:
    """The folders with code and the modules directly in `bot`."""
    return sorted(
        path.stem
        for path in (ROOT / "bot").iterdir()
        if path.stem != "__init__" and (path.suffix == ".py" or (path / "__init__.py").is_file())
    )


def test_every_part_of_the_bot_has_its_place() -> None:
    assert set(parts()) == {*FOLDERS, *AT_THE_TOP, *AT_THE_BOTTOM, "sandbox"}


@pytest.mark.parametrize("part", parts())
def test_the_bot_s_imports_go_down_only(part: str) -> None:
    seen = {
        name
        for path in sources(f"bot.{part}")
        for name in imports_of_ours(path)
        if name.startswith("bot.") and name.split(".")[1] not in may_import(part)
    }
    assert seen == set()


def test_few_modules_lie_directly_in_the_bot() -> None:
    modules = {path.name for path in (ROOT / "bot").glob("*.py")} - {"__init__.py"}
    assert len(modules) <= MOST_MODULES


@pytest.mark.parametrize("part", sorted(set(parts()) - MAY_IMPORT_AIOGRAM))
def test_the_bot_s_domain_knows_no_aiogram(part: str) -> None:
    assert sources(f"bot.{part}")
    assert importers_of("aiogram", f"bot.{part}") == []


def test_the_domain_loads_no_aiogram_by_a_detour() -> None:
    domain = [
        module_name(path)
        for part in sorted(set(parts()) - MAY_IMPORT_AIOGRAM - MAY_IMPORT_I18N)
        for path in sources(f"bot.{part}")
    ]
    assert "bot.queue.worker" in domain
    script = f"""
import importlib, sys
for module in {domain!r}:
    importlib.import_module(module)
    assert "aiogram" not in sys.modules, module
"""
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("package", sorted(OURS - {"captioning"}))
def test_no_module_imports_in_a_circle(package: str) -> None:
    graph = {module_name(path): set(imports_of_ours(path)) for path in sources(package)}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_every_module_of_the_bot_has_its_test_module() -> None:
    missing = {
        path.relative_to(ROOT).as_posix()
        for path in sources("bot")
        if path.stem != "__init__"
        and path.relative_to(ROOT / "bot").parts[0] != "sandbox"  # tested by topic
        and not module_that_tests(path).is_file()
    }
    assert missing == set(WITHOUT_TESTS)


def module_that_tests(path: Path) -> Path:
    folder = ROOT / "tests" / path.relative_to(ROOT).parent
    return folder / f"test_{path.stem.strip('_')}.py"


@pytest.mark.parametrize("package", [*sorted(OURS), "tests.bot", "tests.e2e", "tests.support"])
def test_a_file_can_be_read_in_one_sitting(package: str) -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(package)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_bot_knows_no_model_by_its_name() -> None:
    known = {text for entry in ENTRIES.values() for text in (entry.name, entry.title)}
    knowing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "bot").rglob("*")
        if path.suffix in {".py", ".js", ".html", ".po"}
        and any(text in path.read_text(encoding="utf-8") for text in known)
    }
    assert knowing == set()


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
