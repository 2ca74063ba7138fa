"""Access to a running Clearway from a terminal: its address and an API key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import httpx
import typer

from clearway_platform.cli.configuration import Misconfigured, read_settings
from clearway_platform.cli.instance import DEFAULT_URL, DEMO_FOLDER, KEY_FILE, Instance, running_in

_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "[::1]", "::1")

Url = Annotated[
    str | None,
    typer.Option(
        envvar="CLEARWAY_URL",
        help=f"Address of Clearway. By default that of the one that runs on the data folder, else {DEFAULT_URL}.",
        show_default=False,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        envvar="CLEARWAY_API_KEY",
        help="API key. By default the first key of the Clearway that runs on the data folder.",
        show_default=False,
    ),
]
Demo = Annotated[bool, typer.Option("--demo", help="Use the demonstration, which has a data folder of its own.")]


@dataclass(frozen=True, slots=True)
class Access:
    """An address and an API key for it; `missing` says why there is no key.

    `assumed`: the address is the default, as none was given and nothing runs on the data folder.
    """

    url: str
    key: str | None
    missing: str = ""
    assumed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The Authorization header. Raises Misconfigured when there is no key."""
        if self.key is None:
            raise Misconfigured(self.missing)
        return {"Authorization": f"Bearer {self.key}"}


def find_access(url: str | None, key: str | None, *, data: Path | None, demo: bool) -> Access:
    """The address and key to use. A key in a data folder is sent only to the Clearway that runs on that folder.

    Raises Misconfigured for an invalid address.
    """
    folder = read_settings(data_dir=data).data_dir
    folders = [folder / DEMO_FOLDER] if demo else [folder, folder / DEMO_FOLDER]
    running = [instance for one in folders if (instance := running_in(one)) is not None]
    found = running[0].address if running else DEFAULT_URL
    address = found if url is None else _checked(url)
    assumed = url is None and not running
    if key is not None:
        return Access(address, _checked_key(key), assumed=assumed)
    instance = next((one for one in running if same_address(address, one.address)), None)
    if instance is None:
        return Access(address, None, _why_none(address, folders), assumed)
    # The address that it announced, not the given name: the name may resolve to another machine too.
    return Access(instance.address, instance.key(), _without_key(instance))


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same; `localhost` is equal to this machine's addresses."""
    first, second = urlsplit(one), urlsplit(other)
    hosts = first.hostname, second.hostname
    same_host = hosts[0] == hosts[1] or ("localhost" in hosts and all(host in _THIS_MACHINE for host in hosts))
    return first.scheme == second.scheme and same_host and _port(one) == _port(other) and not first.path.strip("/")


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Misconfigured(f"{url!r} is not an address: {error}. Example: {DEFAULT_URL}.") from error
    if parsed.scheme not in ("http", "https") or not parsed.host or (parsed.port or 0) > 65535:
        raise Misconfigured(f"{url!r} is not an address. Example: {DEFAULT_URL}.")
    return url.rstrip("/")


def _checked_key(key: str) -> str:
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Misconfigured(
            "The API key has invalid characters. Copy it again from the output of `clearway keys create`."
        )
    return key


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _why_none(address: str, folders: list[Path]) -> str:
    kept = " and ".join(str(folder / KEY_FILE) for folder in folders if (folder / KEY_FILE).is_file())
    remedy = "Set --key or CLEARWAY_API_KEY."
    if not kept:
        return f"No API key for {address}. {remedy}"
    return f"No API key for {address}: {kept} is the key of another Clearway. {remedy}"


def _without_key(instance: Instance) -> str:
    return (
        f"{instance.folder} has no API key for {instance.address}. Set --key or CLEARWAY_API_KEY; "
        "`clearway keys create` creates a key."
    )
