"""`clearway audit` on the databases of a platform, and what `clearway keys` leaves in the audit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from clearway_platform.audit.source import AuditChains
from clearway_platform.auth.keys import MIGRATIONS
from clearway_platform.checkpoints.making import Checkpoints
from clearway_platform.checkpoints.places.opening import places_of
from clearway_platform.checkpoints.states import Chains
from clearway_platform.cli.main import app
from clearway_platform.clock import SystemClock
from clearway_platform.database.engines import Database
from clearway_platform.database.migrations import upgrade
from clearway_platform.service import installed_services, migrations_of
from clearway_platform.settings import Settings


@pytest.fixture
def scripts_run() -> None:
    """The databases are empty: each gets the tables of its own service."""


@pytest.fixture
def run(new_database_url: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A command on new databases."""
    urls = {"keys": new_database_url(), "incidents": new_database_url()}
    for name, url in urls.items():
        monkeypatch.setenv(f"CLEARWAY_{name.upper()}_DATABASE_URL", url)
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    folders = {"keys": MIGRATIONS} | migrations_of(installed_services().values())
    for name, url in urls.items():
        asyncio.run(upgrade(url, folders[name]))
    return lambda *arguments: CliRunner().invoke(app, list(arguments), catch_exceptions=False)


async def in_databases(work: Callable[[Database, Checkpoints], Awaitable[None]]) -> None:
    """What a process does, or somebody with access to the database."""
    settings = Settings()
    keys, incidents = Database(settings.database_url("keys")), Database(settings.database_url("incidents"))
    source = installed_services()["incidents"].chains
    assert source is not None
    chains = [Chains(AuditChains(), keys), Chains(source, incidents)]
    try:
        await work(keys, Checkpoints(settings, SystemClock(), keys, chains, places_of(settings)))
    finally:
        await keys.close()
        await incidents.close()


def checkpoint() -> None:
    asyncio.run(in_databases(lambda _keys, checkpoints: checkpoints.once()))


def tamper(statement: str) -> None:
    async def work(keys: Database, _checkpoints: Checkpoints) -> None:
        async with keys.of_every_mission("a test").write() as transaction:
            await transaction.connection.execute(text(statement))

    asyncio.run(in_databases(work))


def test_keys_are_in_the_audit_with_who_made_and_revoked_them(run: Callable[..., Any]) -> None:
    assert run("keys", "create", "--mission", "unmx", "--new-mission", "--role", "operator").exit_code == 0
    [made] = json.loads(run("keys", "list", "--json").stdout)
    assert run("keys", "revoke", made["key"]).exit_code == 0
    found = json.loads(run("audit", "list", "--mission", "unmx", "--json").stdout)
    assert [(one["kind"], one["subject"]) for one in found] == [
        ("key.revoked", made["key"]),
        ("key.created", made["key"]),
    ]
    assert found[0]["actor"].startswith("command:")
    assert found[1]["detail"]["role"] == "operator"
    assert "key.created" in run("audit", "list", "--mission", "unmx").stdout


def test_a_rotation_is_in_the_audit_with_the_end_of_the_key(run: Callable[..., Any]) -> None:
    create = ("keys", "create", "--mission", "unmx", "--new-mission", "--role", "operator")
    assert run(*create, "--person", "Someone", "--expires", "30d").exit_code == 0
    assert run("keys", "rotate", json.loads(run("keys", "list", "--json").stdout)[0]["key"]).exit_code == 0
    old, new = json.loads(run("keys", "list", "--json").stdout)
    found = json.loads(run("audit", "list", "--mission", "unmx", "--json").stdout)
    assert [(one["kind"], one["subject"]) for one in found] == [
        ("key.changed", old["key"]),
        ("key.created", new["key"]),
        ("key.created", old["key"]),
    ]
    assert found[0]["detail"]["replaced_by"] == new["key"]
    assert found[0]["detail"]["expires_at"] < found[2]["detail"]["expires_at"]
    assert found[2]["detail"]["has_person"] is True
    assert "Someone" not in json.dumps(found)


def test_verify_says_whether_all_is_whole(run: Callable[..., Any]) -> None:
    run("keys", "create", "--mission", "unmx", "--new-mission", "--role", "operator")
    checkpoint()
    public = run("audit", "public-key").stdout.strip()
    whole = run("audit", "verify", "--public-key", public)
    assert whole.exit_code == 0, whole.stdout
    assert "Whole: 1 chains." in whole.stdout
    assert json.loads(run("audit", "verify", "--json").stdout)["whole"] is True

    tamper("UPDATE audit_record SET actor = 'command:somebody'")
    broken = run("audit", "verify")
    assert broken.exit_code == 3
    assert "audit of mission unmx: record 1 changed: key.created" in broken.stdout
    assert "before checkpoint 1" in broken.stdout
    [found] = json.loads(run("audit", "verify", "--json").stdout)["findings"]
    assert (found["fault"], found["sequence"]) == ("changed", 1)

    accepted = run("audit", "adopt", "--reason", "it was us")
    assert accepted.exit_code == 0, accepted.output
    again = run("audit", "verify")
    assert again.exit_code == 0
    assert "accepts a difference" in again.stdout


def test_a_place_that_was_tampered_with(run: Callable[..., Any], tmp_path: Path) -> None:
    run("keys", "create", "--mission", "unmx", "--new-mission", "--role", "operator")
    checkpoint()
    copy = tmp_path / "copy.jsonl"
    copy.write_text((tmp_path / "audit-checkpoints.jsonl").read_text())
    (tmp_path / "audit-checkpoints.jsonl").write_text("")
    assert run("audit", "verify").exit_code == 3
    assert run("audit", "verify", "--place", str(copy)).exit_code == 0


def test_the_key_is_rotated(run: Callable[..., Any], tmp_path: Path) -> None:
    run("keys", "create", "--mission", "unmx", "--new-mission", "--role", "operator")
    checkpoint()
    before = run("audit", "public-key").stdout.strip()
    rotated = run("audit", "rotate-key")
    assert rotated.exit_code == 0, rotated.output
    after = run("audit", "public-key").stdout.strip()
    assert after != before
    assert after in rotated.stdout
    checkpoint()
    for key in (before, after):
        assert run("audit", "verify", "--public-key", key).exit_code == 0
    assert (tmp_path / "audit-signing.key").stat().st_mode & 0o077 == 0


def test_after_a_restore_checkpoints_of_an_earlier_key_are_known_again(run: Callable[..., Any]) -> None:
    run("keys", "create", "--mission", "unmx", "--new-mission", "--role", "operator")
    checkpoint()
    first = run("audit", "public-key").stdout.strip()
    assert run("audit", "rotate-key").exit_code == 0
    checkpoint()
    tamper("DELETE FROM audit_checkpoint")
    assert run("audit", "verify").exit_code == 3
    accepted = run("audit", "adopt", "--reason", "the backup of before was restored")
    assert accepted.exit_code == 0, accepted.output
    # Whoever noted the first key can follow all of them to the newest.
    again = run("audit", "verify", "--public-key", first)
    assert again.exit_code == 0, again.stdout


def test_a_key_for_elsewhere(run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "elsewhere.key"
    printed = run("audit", "make-key", str(file)).stdout.strip()
    monkeypatch.setenv("CLEARWAY_AUDIT_SIGNING_KEY_FILE", str(file))
    assert run("audit", "public-key").stdout.strip() == printed
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("no key")
    refused = CliRunner().invoke(app, ["audit", "public-key"])
    assert refused.exit_code != 0
