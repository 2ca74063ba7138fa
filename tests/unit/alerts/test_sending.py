"""Where a webhook may go, how it is signed, and when it is tried again."""

import base64
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from clearway_alerts.channels.webhook.addresses import (
    FilteringResolver,
    ForbiddenAddress,
    ForbiddenUrl,
    allowed_networks,
    check_url,
    why_forbidden,
)
from clearway_alerts.channels.webhook.request import retry_after
from clearway_alerts.channels.webhook.signing import PUBLIC_PREFIX, SigningKeys, new_key_pair, new_secret
from clearway_alerts.policy.retry import SCHEDULE, failed_too_long, next_wait

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)


NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "2002:a00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_request_goes_to_an_address_that_is_not_public(address: str) -> None:
    assert why_forbidden(ip_address(address), ()) is not None


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "100.128.0.1", "172.32.0.1", "198.20.0.1", "2606:4700::1111", "2a00:1450::5"]
)
def test_public_addresses_are_reached(address: str) -> None:
    assert why_forbidden(ip_address(address), ()) is None


def test_a_mission_may_allow_a_subnet() -> None:
    allowed = allowed_networks(["10.8.0.0/16"])
    assert why_forbidden(ip_address("10.8.3.4"), allowed) is None
    assert why_forbidden(ip_address("10.9.3.4"), allowed) is not None


BAD_URLS = [
    "http://example.org/a",
    "https://user:pw@example.org/",
    "https://example.org/#part",
    "ftp://example.org/",
    "https:///path",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://169.254.169.254/latest",
    "https://example.org:99999/",
    "//example.org/",
    "example.org",
    "https://exa\\mple.org/",
    "http://8.8.8.8/",
    "",
    "https://example.org/a b",
    "https://example.org/\n",
    "https://example.org/" + "a" * 2000,
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_urls_that_no_webhook_may_have(url: str) -> None:
    with pytest.raises(ForbiddenUrl):
        check_url(url, ())


def test_urls_that_a_webhook_may_have() -> None:
    check_url("https://example.org:8443/hooks/1?key=2", ())
    check_url("https://8.8.8.8/", ())
    check_url("http://10.8.0.1:9000/", allowed_networks(["10.8.0.0/16"]))
    with pytest.raises(ForbiddenUrl):
        check_url("http://10.9.0.1:9000/", allowed_networks(["10.8.0.0/16"]))


class Answering(AbstractResolver):
    def __init__(self, *hosts: str) -> None:
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in self._hosts
        ]

    async def close(self) -> None:
        return None


async def test_a_name_with_one_private_address_is_refused() -> None:
    with pytest.raises(ForbiddenAddress):
        await FilteringResolver(Answering("8.8.8.8", "10.0.0.1"), ()).resolve("rebind.example", 443)
    assert await FilteringResolver(Answering("8.8.8.8"), ()).resolve("fine.example", 443)


def test_a_receiver_verifies_both_signatures() -> None:
    secret, old = new_secret(), new_secret()
    private, public = new_key_pair()
    body, at = '{"type":"alert.issued","place":"Ménaka"}'.encode(), datetime.now(UTC)
    keys = SigningKeys(secret, private, old, overlap_until=at + timedelta(seconds=1))
    headers = keys.headers("one", at, body)
    assert Webhook(secret).verify(body, headers)
    assert Webhook(old).verify(body, headers), "the old secret signs too while keys rotate"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)
    later = keys.headers("one", at + timedelta(seconds=1), body)
    assert len(later["webhook-signature"].split(" ")) == 2, "the old secret has had its time"
    asymmetric = headers["webhook-signature"].split(" ")[-1].removeprefix("v1a,")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix(PUBLIC_PREFIX)))
    key.verify(base64.b64decode(asymmetric), f"one.{int(at.timestamp())}.".encode() + body)


def test_the_waits_between_attempts() -> None:
    assert next_wait(1, 0.5) == timedelta(seconds=5)
    assert next_wait(2, 0.0) == timedelta(minutes=4)
    assert next_wait(7, 0.5) == timedelta(hours=10)
    assert next_wait(8, 0.5) is None
    assert len(SCHEDULE) == 7


def test_a_receiver_may_ask_for_later_within_bounds() -> None:
    assert next_wait(1, 0.5, timedelta(seconds=60)) == timedelta(seconds=60)
    assert next_wait(1, 0.5, timedelta(seconds=1)) == timedelta(seconds=5)
    assert next_wait(1, 0.5, timedelta(days=30)) == timedelta(hours=10)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), ("120", timedelta(seconds=120)), ("9" * 400, timedelta(days=1)), ("soon", None), ("-5", None),
        ("Sun, 01 Mar 2026 06:01:00 GMT", timedelta(minutes=1)), ("Sun, 01 Mar 2020 06:01:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_a_date(value: str | None, expected: timedelta | None) -> None:
    assert retry_after(value, NOW) == expected


def test_an_endpoint_is_given_up_after_120_hours() -> None:
    assert not failed_too_long(NOW - timedelta(hours=119), NOW)
    assert failed_too_long(NOW - timedelta(hours=120), NOW)


def test_a_private_address_is_refused_with_the_setting_that_allows_it() -> None:
    with pytest.raises(ForbiddenUrl) as refusal:
        check_url("https://10.1.2.3/hook", ())
    assert "CLEARWAY_WEBHOOK_ALLOWED_SUBNETS" in refusal.value.remedy
    with pytest.raises(ForbiddenUrl) as refusal:
        check_url("ftp://example.org/hook", ())
    assert "SUBNETS" not in refusal.value.remedy
