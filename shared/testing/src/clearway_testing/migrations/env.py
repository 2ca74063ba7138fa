"""Alembic's environment of a service that has no tables of its own."""

from clearway_platform.database.migrations import run_environment
from clearway_platform.database.tables import plumbing_metadata

run_environment([plumbing_metadata])
