"""Alembic's way in."""

from clearway_platform.audit.tables import audit_metadata
from clearway_platform.auth.keys.tables import keys_metadata
from clearway_platform.database.migrations import run_environment

run_environment([keys_metadata, audit_metadata])
