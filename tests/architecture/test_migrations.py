"""What a start relies on: scripts are named after their revisions, and the newest one is Alembic's head."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.database.schema import newest_revision
from clearway_platform.service import installed_services, migrations_of

FOLDERS = {"keys": KEYS_MIGRATIONS} | migrations_of(installed_services().values())


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_scripts_are_named_after_their_revisions(folder: Path) -> None:
    scripts = ScriptDirectory(str(folder))
    assert all(Path(script.path).stem.startswith(f"{script.revision}_") for script in scripts.walk_revisions())
    assert newest_revision(folder) == scripts.get_current_head()
