"""Alembic's way in."""

from clearway_shared.keys.tables import keys_metadata
from clearway_shared.migrations import run_environment

run_environment([keys_metadata])
