"""Secrets of webhooks are stored sealed: with the keys they sign as before, and without them they are of no use."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import RowMapping, update
from standardwebhooks import Webhook
from typer.testing import CliRunner

from clearway_alerts.commands.sealing import Sealing
from clearway_alerts.outbound.recipients import recipient_of
from clearway_alerts.sealing.keys import Keyring, SealingKey, add_new_key, new_key, parse
from clearway_alerts.sealing.places import keyring_of
from clearway_alerts.settings import AlertsSettings
from clearway_alerts.storage.channels import IN_THE_CLEAR, StoredRow, read_channel
from clearway_alerts.storage.tables import SUBSCRIPTION
from clearway_platform.cli.main import app
from clearway_platform.settings import Settings, UnusableSetting
from clearway_testing.manual_clock import ManualClock

from .conftest import OWNER, Service, service

FIRST, SECOND = parse(f"{new_key()} {new_key()}", "a test")
URL = "http://127.0.0.1:9/hooks"


@pytest.fixture
async def alerts(database_url: str, clock: ManualClock) -> AsyncIterator[Service]:
    async with service(database_url, clock) as found:
        found.channels.keys = Keyring([FIRST])
        yield found


async def row_of(alerts: Service, subscription_id: UUID) -> RowMapping:
    found: RowMapping = next(row for row in await alerts.rows(SUBSCRIPTION) if row["id"] == subscription_id)
    return found


def with_keys(alerts: Service, *keys: SealingKey) -> Sealing:
    return Sealing(alerts.database, Keyring(keys))


def secret_of(row: StoredRow, *keys: SealingKey) -> str:
    return str(read_channel(row, Keyring(keys)).secrets["secret"])


async def test_a_secret_is_stored_sealed_and_signs(alerts: Service) -> None:
    made = await alerts.subscribe(URL)
    row = await row_of(alerts, made["id"])
    assert [row[name] for name in IN_THE_CLEAR if row[name] is not None] == []
    assert row["sealed_secrets"]["key"] == FIRST.id
    secrets = dict(read_channel(row, Keyring([FIRST])).secrets)
    assert secrets["secret"].startswith("whsec_")
    for secret in (secrets["secret"], secrets["private_key"]):
        assert secret.split("_")[1] not in json.dumps(dict(row), default=str)
    recipient = recipient_of(row, alerts.channels)
    assert recipient is not None
    assert recipient.address is not None
    headers = recipient.address.destination.keys.headers("message", alerts.clock.now(), b"{}")
    Webhook(secrets["secret"])
    assert headers["webhook-signature"].startswith("v1,")


async def test_the_old_secret_signs_too_after_it_is_changed(alerts: Service) -> None:
    made = await alerts.subscribe(URL)
    before = secret_of(await row_of(alerts, made["id"]), FIRST)
    async with alerts.database.of(OWNER.mission).write() as transaction:
        await alerts.subscriptions.rotate_secret(transaction, OWNER, made["id"], 1)
    changed = read_channel(await row_of(alerts, made["id"]), Keyring([FIRST])).secrets
    assert changed["old_secret"] == before != changed["secret"]
    assert changed["old_secret_until"] is not None


async def test_what_an_older_program_wrote_is_sealed_and_can_be_put_back(alerts: Service) -> None:
    alerts.channels.keys = Keyring()
    made = await alerts.subscribe(URL)
    clear = await row_of(alerts, made["id"])
    assert clear["secret"] is not None
    sealing = with_keys(alerts, FIRST)
    assert (await sealing.seal()).changed == 1
    assert await sealing.counts() == {FIRST.id: 1}
    sealed = await row_of(alerts, made["id"])
    assert sealed["secret"] is None
    assert sealed["public_key"] == clear["public_key"]
    assert secret_of(sealed, FIRST) == clear["secret"]
    assert (await sealing.seal()).changed == 0
    assert (await sealing.unseal()).changed == 1
    again = await row_of(alerts, made["id"])
    assert {name: again[name] for name in IN_THE_CLEAR} == {name: clear[name] for name in IN_THE_CLEAR}
    assert await sealing.counts() == {None: 1}


async def test_keys_rotate_and_old_ones_open_until_then(alerts: Service) -> None:
    made = [await alerts.subscribe(URL) for _ in range(3)]
    secrets = [secret_of(await row_of(alerts, one["id"]), FIRST) for one in made]
    both = with_keys(alerts, SECOND, FIRST)
    assert await both.counts() == {FIRST.id: 3}
    done = await both.rotate()
    assert (done.changed, done.failed) == (3, {})
    assert await both.counts() == {SECOND.id: 3}
    assert [secret_of(await row_of(alerts, one["id"]), SECOND) for one in made] == secrets
    assert (await both.rotate()).changed == 0


async def test_without_its_key_a_secret_is_of_no_use_and_the_key_is_named(alerts: Service) -> None:
    """The message waits for a process that has the key; what is no secret is still shown."""
    made = await alerts.subscribe(URL)
    alerts.channels.keys = Keyring([SECOND])
    row = await row_of(alerts, made["id"])
    recipient = recipient_of(row, alerts.channels)
    assert recipient is not None
    assert recipient.address is None
    assert FIRST.id in recipient.unreadable
    assert "CLEARWAY_SECRETS_KEY" in recipient.unreadable
    assert alerts.channels.stored(row).secrets["public_key"] == made["public_key"]
    done = await with_keys(alerts, SECOND).rotate()
    assert done.changed == 0
    assert FIRST.id in done.failed[made["id"]]


async def test_a_sealed_secret_opens_for_its_own_subscription_alone(alerts: Service) -> None:
    one, other = await alerts.subscribe(URL), await alerts.subscribe(URL)
    async with alerts.database.of_every_mission("a test").write() as transaction:
        copied = {"sealed_secrets": one["sealed_secrets"], "public_key": None}
        await transaction.connection.execute(
            update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == other["id"]).values(copied)
        )
    recipient = recipient_of(await row_of(alerts, other["id"]), alerts.channels)
    assert recipient is not None
    assert recipient.address is None
    assert "do not open" in recipient.unreadable


async def test_a_changed_box_does_not_open(alerts: Service) -> None:
    made = await alerts.subscribe(URL)
    for part in ("box", "wrapped"):
        changed = {**made["sealed_secrets"], part: "A" + made["sealed_secrets"][part][1:-4] + "AAAA"}
        row = {**made, "sealed_secrets": changed}
        with pytest.raises(ValueError, match="do not open"):
            secret_of(row, FIRST)


async def test_a_deleted_subscription_keeps_no_secret(alerts: Service) -> None:
    made = await alerts.subscribe(URL)
    async with alerts.database.of(OWNER.mission).write() as transaction:
        await alerts.subscriptions.delete(transaction, OWNER, made["id"], 1)
    assert (await row_of(alerts, made["id"]))["sealed_secrets"] is None
    assert await with_keys(alerts, FIRST).counts() == {}


def test_a_new_key_in_the_file_is_seen_without_a_new_start(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secrets.key"
    keys = Keyring(file=file, is_made=True)
    assert not keys.ids
    assert not file.exists(), "nothing was sealed yet"
    first = keys.sealing
    assert first is not None
    assert file.stat().st_mode & 0o777 == 0o600
    second = add_new_key(file)
    assert keys.ids == (second.id, first.id)
    assert keys.of(first.id) == first
    file.write_text("not a key\n")
    assert keys.of(first.id) == first, "what was read before still opens"


@pytest.mark.parametrize("text", ["", "cwsk_short", "whsec_" + "A" * 43, new_key()[:-1], f"{new_key()} nonsense-T0P"])
def test_a_wrong_key_is_refused_and_never_repeated(text: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableSetting, match="new-key") as refusal:
        keyring_of(AlertsSettings(secrets_key=text), Settings(data_dir=tmp_path))
    for word in text.split():
        assert word not in str(refusal.value)
    (tmp_path / "keys").write_text(text)
    with pytest.raises(UnusableSetting):
        keyring_of(AlertsSettings(secrets_key_file=tmp_path / "keys"), Settings(data_dir=tmp_path))


def clearway(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["secrets", *arguments])
    return done.exit_code, done.output


def test_an_operator_makes_a_key_rotates_and_looks(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys"
    monkeypatch.setenv("CLEARWAY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CLEARWAY_ALERTS_DATABASE_URL", database_url)
    monkeypatch.setenv("CLEARWAY_SECRETS_KEY_FILE", str(file))
    first = add_new_key(file)

    async def subscribe() -> None:
        async with service(database_url, ManualClock()) as alerts:
            alerts.channels.keys = Keyring(file=file)
            await alerts.subscribe(URL)

    asyncio.run(subscribe())
    assert clearway("show") == (0, f"{first.id} seals: 1 subscriptions.\n")
    code, printed = clearway("new-key")
    second = parse(file.read_text(), "the file")[0]
    assert (code, second.id in printed) == (0, True)
    assert file.read_text().split()[0] not in printed, "the key itself is in the file alone"
    assert clearway("rotate") == (0, "Sealed with the first key: 1 subscriptions.\n")
    assert clearway("show")[1].startswith(f"{second.id} seals: 1 subscriptions.\n{first.id} opens: 0 subscriptions.\n")
    file.write_text(new_key())
    code, printed = clearway("show")
    assert code == 1
    assert f"{second.id} is missing" in printed
    assert clearway("rotate")[0] == 1
    monkeypatch.delenv("CLEARWAY_SECRETS_KEY_FILE")
    monkeypatch.setenv("CLEARWAY_SECRETS_KEY", "nonsense-T0P")
    code, printed = clearway("show")
    assert code == 2
    assert "nonsense-T0P" not in printed
