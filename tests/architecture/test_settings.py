"""The operator's guide lists every setting that there is, and no other."""

import re
from pathlib import Path

from pydantic_settings import BaseSettings

from clearway_platform.cli.configuration import OF_COMMANDS
from clearway_platform.service import installed_services
from clearway_platform.settings import PREFIX, Settings, database_variable

# One for each service that stores, under one heading.
DATABASES = "database_urls"


def listed(root: Path) -> set[str]:
    """The variables in the first column of the guide's table."""
    table = (root / "docs/guide/operator.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    firsts = re.findall(r"^\| (.+?) \|", table, re.M)
    return {name for first in firsts for name in re.findall(rf"`({PREFIX}[A-Z_]+)`", first)}


def test_every_setting_is_in_the_operators_guide(root: Path) -> None:
    own = [service.settings for service in installed_services().values() if service.settings is not None]
    kinds: list[type[BaseSettings]] = [Settings, *own]
    fields = {f"{PREFIX}{field.upper()}" for kind in kinds for field in kind.model_fields if field != DATABASES}
    assert listed(root) == fields | OF_COMMANDS | {database_variable("keys"), database_variable("incidents")}
