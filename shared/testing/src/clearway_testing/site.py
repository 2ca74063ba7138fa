"""The documentation site: the pages of this tree under one root, with every link checked.

Pages stand where people look for them (README.md at the root, a service's page beside its code), so they are copied to
one folder first. A link between two pages becomes one of the site; a link to another file of the tree becomes its text.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from clearway_testing.tools import CACHE, PROJECT

CONFIGURATION: Final = Path("docs/zensical.toml")
SITE: Final = CACHE / "site"
_PLACES: Final = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "deploy/k8s/base/README.md": "kubernetes.md",
    "docs/adr/README.md": "adr/index.md",
}
_FOLDERS: Final = ((re.compile(r"docs/(.+)"), r"\1"), (re.compile(r"(services|shared)/(\w+)/README\.md"), r"\1/\2.md"))
_CODE: Final = re.compile(r"^```.*?^```$|`[^`\n]*`", re.M | re.S)
_LINK: Final = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.M)


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a tree that are kept in git, by their path from its root."""

    root: Path
    files: frozenset[str]

    def pages(self) -> list[str]:
        return sorted(name for name in self.files if name.endswith(".md"))

    def text(self, page: str) -> str:
        return (self.root / page).read_text(encoding="utf-8")

    def anchors(self, page: str) -> set[str]:
        """The anchors of a page's headings, as GitHub and the site name them."""
        return {_anchor(title) for title in _HEADING.findall(_fenced(self.text(page)))}

    def has(self, name: str) -> bool:
        return name == "." or name in self.files or any(file.startswith(f"{name}/") for file in self.files)


def tracked(root: Path = PROJECT) -> Tree:
    """The files of a checkout, with new ones that git does not ignore."""
    listed = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    return Tree(root, frozenset(name for name in names if name and (root / name).exists()))


def broken_links(tree: Tree) -> list[str]:
    """Each link of a page to a file, or to a heading of a page, that is not there."""
    return [
        f"{page}: {target}"
        for page in tree.pages()
        for _, target in _LINK.findall(_CODE.sub(_blank, tree.text(page)))
        if not _is_elsewhere(target) and not _is_there(tree, page, target)
    ]


def gather(tree: Tree, folder: Path) -> None:
    """Write the site's pages to `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    for page in tree.pages():
        place = place_of(page)
        if place is not None:
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_of_the_site(tree, page, place), encoding="utf-8")


def place_of(name: str) -> str | None:
    """The address of a file on the site; None when it is not a page."""
    if name in _PLACES:
        return _PLACES[name]
    for pattern, place in _FOLDERS:
        found = pattern.fullmatch(name)
        if found and name.endswith(".md"):
            return found.expand(place)
    return None


def _of_the_site(tree: Tree, page: str, place: str) -> str:
    def changed(link: re.Match[str]) -> str:
        text, target = link.groups()
        if _is_elsewhere(target) or target.startswith("#"):
            return link[0]
        name, _, anchor = target.partition("#")
        there = place_of(_from_root(page, name))
        if there is None:
            return str(text)
        return f"[{text}]({os.path.relpath(there, PurePosixPath(place).parent)}{'#' * bool(anchor)}{anchor})"

    return _LINK.sub(changed, tree.text(page))


def _is_elsewhere(target: str) -> bool:
    return "://" in target or target.startswith("mailto:")


def _is_there(tree: Tree, page: str, target: str) -> bool:
    name, _, anchor = target.partition("#")
    file = _from_root(page, name) if name else page
    return tree.has(file) and (not anchor or (file.endswith(".md") and anchor in tree.anchors(file)))


def _from_root(page: str, name: str) -> str:
    return os.path.normpath(PurePosixPath(page).parent / name)


def _anchor(title: str) -> str:
    plain = _LINK.sub(r"\1", title).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")


def _fenced(text: str) -> str:
    """The page without its blocks of code, whose comments look like headings."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def _blank(code: re.Match[str]) -> str:
    """A span of code keeps its length: it may be the text of a link."""
    return "x" * len(code[0])


def build(tree: Tree) -> int:
    """Build the site below SITE, and return the exit code of its generator; its warnings are failures."""
    gather(tree, SITE / "pages")
    shutil.copy(tree.root / CONFIGURATION, SITE / CONFIGURATION.name)
    shutil.rmtree(SITE / "html", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run([*command, "--config-file", CONFIGURATION.name], cwd=SITE, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="clearway_testing.site", description="The documentation site.")
    parser.add_argument("--links", action="store_true", help="only check the links of all pages")
    arguments = parser.parse_args()
    tree = tracked()
    broken = broken_links(tree)
    if broken:
        sys.stderr.write("\n".join(["These links lead nowhere:", *broken, ""]))
        return 1
    return 0 if arguments.links else build(tree)


if __name__ == "__main__":
    sys.exit(main())
