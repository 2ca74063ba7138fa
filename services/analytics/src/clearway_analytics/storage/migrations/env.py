"""Alembic's environment; the library opens the connection."""

from clearway_analytics.storage.tables import analytics_metadata
from clearway_platform.database.migrations import run_environment
from clearway_platform.database.tables import plumbing_metadata

run_environment([plumbing_metadata, analytics_metadata])
