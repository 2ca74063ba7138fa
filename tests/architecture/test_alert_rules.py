"""The rules that call an operator: valid, tested, and about metrics that exist."""

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from clearway_platform.service import installed_services
from clearway_testing.plugin import skipped_when_unavailable
from clearway_testing.server import Unavailable

RULES = "clearway.rules.yaml"
TESTS = "clearway.rules.test.yaml"
_METRIC = re.compile(r"\bclearway_[a-z_]+\b")


@pytest.fixture
def folder(root: Path) -> Path:
    return root / "deploy" / "prometheus"


@pytest.fixture
def metrics() -> set[str]:
    """The names of all samples: those of a histogram are told by its type, though nothing is observed yet."""
    import_module("clearway_platform.cli.main")
    import_module("clearway_platform.auth.oidc.issuer")  # a process loads it when people sign in at an issuer
    installed_services()
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",), "info": ("_info",)}
    found = (metric for metric in REGISTRY.collect() if metric.name.startswith("clearway_"))
    return {metric.name + suffix for metric in found for suffix in suffixes[metric.type]}


@pytest.mark.parametrize("arguments", [("check", "rules", RULES), ("test", "rules", TESTS)], ids=["check", "test"])
def test_the_rules_are_valid_and_fire_when_they_should(arguments: tuple[str, ...], folder: Path) -> None:
    with skipped_when_unavailable():
        if shutil.which("promtool") is None:
            raise Unavailable("the rules are checked by promtool, of the Debian package `prometheus`")
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested(folder: Path) -> None:
    groups = yaml.safe_load((folder / RULES).read_text())["groups"]
    tested = (folder / TESTS).read_text()
    assert [rule["alert"] for group in groups for rule in group["rules"] if rule["alert"] not in tested] == []


@pytest.mark.parametrize("name", [f"deploy/prometheus/{RULES}", f"deploy/prometheus/{TESTS}", "docs/operations.md"])
def test_what_is_written_of_metrics_is_true(name: str, root: Path, metrics: set[str]) -> None:
    assert set(_METRIC.findall((root / name).read_text())) - metrics == set()


def test_every_metric_is_described(root: Path, metrics: set[str]) -> None:
    described = set(_METRIC.findall((root / "docs" / "operations.md").read_text()))
    assert {name for name in metrics if not name.endswith(("_bucket", "_sum"))} - described == set()


def test_no_metric_has_a_mission(metrics: set[str]) -> None:
    """A scrape must tell nothing of who uses the platform."""
    assert metrics
    # Labels of what has no sample yet are told by nothing public.
    collectors = REGISTRY._collector_to_names  # noqa: SLF001
    labels = {label for collector in collectors for label in getattr(collector, "_labelnames", ())}
    assert not {"mission", "principal", "subscription", "tenant"} & labels
