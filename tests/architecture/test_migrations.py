"""What `SchemaStatus` relies on: revisions are ordered by their names, and scripts are named after them."""

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from clearway_platform.auth.keys import MIGRATIONS as KEYS_MIGRATIONS
from clearway_platform.database.schema import newest_revision
from clearway_platform.service import installed_services, migrations_of

FOLDERS = {"keys": KEYS_MIGRATIONS} | migrations_of(installed_services().values())


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_revisions_are_ordered_by_their_names(folder: Path) -> None:
    newest_first = list(ScriptDirectory(str(folder)).walk_revisions())
    assert all(Path(script.path).stem.startswith(f"{script.revision}_") for script in newest_first)
    revisions = [script.revision for script in newest_first]
    assert revisions == sorted(revisions, reverse=True)
    assert newest_revision(folder) == revisions[0]
