"""Alembic's environment of a service that has no tables of its own."""

from clearway_shared.migrations import run_environment
from clearway_shared.tables import plumbing_metadata

run_environment([plumbing_metadata])
