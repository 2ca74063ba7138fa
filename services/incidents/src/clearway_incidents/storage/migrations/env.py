"""Alembic's environment of the incidents service."""

from clearway_incidents.storage.tables import incidents_metadata
from clearway_platform.database.migrations import run_environment
from clearway_platform.database.tables import plumbing_metadata

run_environment([plumbing_metadata, incidents_metadata])
