"""What `clearway up` on the embedded default does not load: it would be paid for at each start, and not used."""

import subprocess
import sys

UNUSED = ("aiokafka", "joserfc", "opentelemetry.exporter", "scipy")


def test_the_embedded_default_loads_no_more_than_it_uses() -> None:
    code = (
        "import sys; from clearway_platform.cli import main; from clearway_platform.service import installed_services; "
        f"installed_services(); print(*[name for name in {UNUSED!r} if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.split() == []
