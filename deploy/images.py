"""The published images that the deployment stands on, by digest: `python -m deploy.images`, from the repository's root.

It asks the registries which digest each tag has now, with Docker's own client, and writes it. `--check` asks nobody: it
fails when an image has no digest. `--check -` reads manifests of Kubernetes from its input, as kustomize writes them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

FILES: Final = (Path("docker-compose.yml"), Path("Dockerfile"))
# Those of Clearway are built here, and named by their digest where they are pushed to: in the overlay of a cluster.
_OURS: Final = re.compile(r"clearway(-[a-z-]+)?")
_IMAGE: Final = re.compile(
    r"^(?P<before> *(?:- )?image: |ARG PYTHON=)(?P<tag>[\w./:-]+)(?P<digest>@sha256:[0-9a-f]{64})?$", re.M
)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")

Ask = Callable[[str], str]


class NotReached(Exception):
    """A registry did not say the digest of an image. The text says why."""


def unpinned(text: str, *, ours: bool = False) -> Iterator[str]:
    """The images without a digest; `ours`: also Clearway's own, as in manifests for a cluster."""
    for image in _IMAGE.finditer(text):
        if image["digest"] is None and (ours or not _OURS.fullmatch(image["tag"])):
            yield _name(image)


def with_digests(text: str, ask: Ask) -> str:
    """The text with the digest that each tag of a published image has now. Raises NotReached."""

    def pinned(image: re.Match[str]) -> str:
        if _OURS.fullmatch(image["tag"]):
            return image[0]
        return f"{image['before']}{image['tag']}@{ask(_name(image))}"

    return _IMAGE.sub(pinned, text)


def _name(image: re.Match[str]) -> str:
    return f"python:{image['tag']}" if image["before"].startswith("ARG") else image["tag"]


def ask_registry(image: str) -> str:
    """The digest of the image for all its platforms. Raises NotReached."""
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{.Manifest.Digest}}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotReached(f"{image}: {error}") from error
    if asked.returncode != 0 or not _DIGEST.fullmatch(asked.stdout.strip()):
        raise NotReached(f"{image}: {(asked.stderr or asked.stdout).strip()[-300:]}")
    return asked.stdout.strip()


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 when an image has no digest, or a registry is not reached."""
    if arguments[:2] == ["--check", "-"]:
        return _report(unpinned(sys.stdin.read(), ours=True))
    if "--check" in arguments:
        return _report(image for file in FILES for image in unpinned(file.read_text(encoding="utf-8")))
    try:
        written = {file: with_digests(file.read_text(encoding="utf-8"), ask_registry) for file in FILES}
    except NotReached as error:
        sys.stderr.write(f"{error}\nNothing was changed.\n")
        return 1
    for file, text in written.items():
        file.write_text(text, encoding="utf-8")
    return 0


def _report(images: Iterator[str]) -> int:
    found = list(images)
    sys.stderr.writelines(f"{image} has no digest: write NAME:TAG@sha256:… (`make images`).\n" for image in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
