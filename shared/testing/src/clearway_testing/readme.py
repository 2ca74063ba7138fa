"""The commands that a page gives."""

import re
from pathlib import Path


def commands_of(readme: Path, word: str) -> list[str]:
    """The lines of the one block of commands on the page that names `word`."""
    blocks = re.findall(r"```sh\n(.*?)```", readme.read_text(), re.S)
    [block] = [block for block in blocks if word in block]
    return [line for line in block.splitlines() if line and not line.startswith("#")]
