"""The directory of API keys: a small database of its own, written by the command line, read by every service."""

from pathlib import Path
from typing import Final

MIGRATIONS: Final = Path(__file__).parent / "migrations"
