"""The documentation site: every page is reached, and a link that leads nowhere is found."""

import re
from pathlib import Path

import pytest

from clearway_testing.site import Tree, broken_links, gather, place_of, tracked


def tree(root: Path, **pages: str) -> Tree:
    """A tree of these pages; `__` in a name stands for a folder."""
    names = {name.replace("__", "/"): text for name, text in pages.items()}
    for name, text in names.items():
        path = root / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Tree(root, frozenset(f"{name}.md" for name in names))


def test_every_link_of_this_tree_leads_somewhere() -> None:
    assert broken_links(tracked()) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[there](docs/there.md)", False),
        ("[there](docs)", False),
        ("[a heading](docs/there.md#a-fields-place)", False),
        ("[here](#here)", False),
        ("[away](https://example.org/gone)", False),
        ("`[code](gone.md)`", False),
        ("[gone](docs/gone.md)", True),
        ("[`gone`](gone.yaml)", True),
        ("[no heading](docs/there.md#gone)", True),
        ("[not here](#gone)", True),
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, text: str, broken: bool) -> None:
    found = broken_links(tree(tmp_path, README=f"# Here\n{text}\n", docs__there="# A field's place\n"))
    assert bool(found) is broken


def test_a_comment_in_a_block_of_code_is_no_heading(tmp_path: Path) -> None:
    assert broken_links(tree(tmp_path, README="[no](#gone)\n```sh\n# gone\n```\n")) == ["README.md: #gone"]


def test_a_link_follows_its_page_to_the_site(tmp_path: Path) -> None:
    page = "[operating](../docs/operations.md#metrics) [rules](../deploy/rules.yaml) [top](#top) [away](https://example.org)"
    gathered = tree(tmp_path / "tree", docs__adr__0001="", docs__operations="", services__alerts__README="")
    (tmp_path / "tree/docs/adr/0001.md").write_text(page.replace("../", "../../"), encoding="utf-8")
    gather(gathered, tmp_path / "site")
    assert (tmp_path / "site/services/alerts.md").is_file()
    written = (tmp_path / "site/adr/0001.md").read_text()
    assert written == "[operating](../operations.md#metrics) rules [top](#top) [away](https://example.org)"


def test_the_menu_holds_every_page_but_the_decisions_one_by_one(root: Path) -> None:
    menu = set(re.findall(r'"([\w/-]+\.md)"', (root / "docs/zensical.toml").read_text()))
    places = {place for page in tracked().pages() if (place := place_of(page)) and not place.startswith("adr/0")}
    assert menu == places
