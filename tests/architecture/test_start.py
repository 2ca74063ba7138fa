"""What commands do not load: it would be paid for at each start, and not used."""

import subprocess
import sys

import pytest

UNUSED = ("PIL", "aiokafka", "httpx", "joserfc", "opentelemetry.exporter", "scipy")


def test_the_embedded_default_loads_no_more_than_it_uses() -> None:
    code = (
        "import sys; from clearway_platform.cli import serve; "
        "from clearway_platform.service import installed_services; "
        f"installed_services(); print(*[name for name in {UNUSED!r} if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.split() == []


@pytest.mark.parametrize(
    ("command", "unused"),
    [
        ("keys list --help", ("clearway_platform.process.runtime", "clearway_incidents", "uvicorn")),
        ("run --help", ("clearway_incidents", "clearway_platform.cli.backup", "clearway_platform.cli.tail")),
        ("import --help", ("clearway_alerts", "clearway_platform.cli.keys")),
    ],
)
def test_a_command_loads_no_other_one(command: str, unused: tuple[str, ...]) -> None:
    code = (
        "import sys; from clearway_platform.cli.main import app; "
        f"app({command.split()!r}, standalone_mode=False); print('loaded:', *sorted(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = ended.stdout.rpartition("loaded:")[2].split()
    assert "clearway_platform.cli.main" in loaded
    assert [name for name in unused if name in loaded] == []
