"""What lies in deploy/ fits the program: no engine runs it here, so names are compared."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from bot.door.metrics import Metrics
from bot.queue.failures import Failure
from bot.queue.steps import Variant
from bot.settings import Settings
from bot.storage import Database

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DASHBOARD = DEPLOY / "grafana" / "dashboard.json"
ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
COMPOSE = DEPLOY / "compose.yaml"
UNIT = DEPLOY / "captionbot.service"


@pytest.fixture
async def measured() -> set[str]:
    """The names of all time series."""
    database = Database("sqlite+aiosqlite://")
    metrics = Metrics({"model": Variant("1", "default")}, database)
    page = generate_latest(metrics.registry).decode()
    await database.close()
    names = set()
    for family in text_string_to_metric_families(page):
        kind = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        names |= {family.name + suffix for suffix in kind.get(family.type, [""])}
    return names


@pytest.mark.parametrize("path", [DASHBOARD, ALERTS], ids=["dashboard", "alerts"])
def test_dashboard_and_alerts_ask_for_what_is_measured(path: Path, measured: set[str]) -> None:
    asked = set(re.findall(r"captionbot_[a-z_]+", path.read_text()))
    assert len(asked) >= 5
    assert asked <= measured


def test_alerts_name_reasons_that_there_are() -> None:
    (reasons,) = re.findall(r'reason=~"([^"]+)"', ALERTS.read_text())
    assert set(reasons.split("|")) <= set(map(str, Failure))


def test_the_dashboard_s_panels_do_not_overlap() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 10
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_compose_file_sets_what_the_bot_reads() -> None:
    bot = COMPOSE.read_text().partition("  postgres:\n")[0]
    set_there = set(re.findall(r"^      ([A-Z_]+): ", bot, re.MULTILINE)) - {"TORCH_INDEX"}
    assert set_there >= {"DATABASE_URL", "HEALTH_LISTEN"}
    assert {name.lower() for name in set_there} <= set(Settings.model_fields)
    for name in re.findall(r"- \./([\w./-]+?):", COMPOSE.read_text()):
        assert (DEPLOY / name).exists(), name


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_is_one(tmp_path: Path) -> None:
    # Its program is not installed here.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/captionbot/bin/captionbot", "/bin/true"))
    finished = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert finished.stderr.strip() == ""
    assert finished.returncode == 0
