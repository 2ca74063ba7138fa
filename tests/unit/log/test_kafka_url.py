"""A broker URL says where Kafka is and how to sign in, and a wrong one says what is wrong."""

from pathlib import Path

import pytest

from clearway_platform.log import open_broker
from clearway_platform.log.embedded import EmbeddedBroker
from clearway_platform.log.kafka.address import KafkaAddress


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("kafka://one:9092", ("one:9092",)),
        ("kafka://one", ("one:9092",)),
        ("kafka://one:9092,two:9093,10.0.0.3", ("one:9092", "two:9093", "10.0.0.3:9092")),
        ("kafka://[2001:db8::1]:9094,[::1]", ("[2001:db8::1]:9094", "[::1]:9092")),
    ],
)
def test_servers(url: str, servers: tuple[str, ...]) -> None:
    assert KafkaAddress.parse(url).servers == servers


def test_security_and_replication() -> None:
    address = KafkaAddress.parse(
        "kafka://one:9092?security_protocol=SASL_PLAINTEXT&sasl_mechanism=SCRAM-SHA-512"
        "&sasl_username=clearway&sasl_password=p%26ss%2Bword&replication_factor=2"
    )
    assert address.client_options() == {
        "bootstrap_servers": ["one:9092"],
        "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "clearway",
        "sasl_plain_password": "p&ss+word",
    }
    assert address.replication_factor == 2
    assert "p&ss" not in repr(address)


def test_tls_checks_the_server() -> None:
    context = KafkaAddress.parse("kafka://one:9092?security_protocol=SSL").client_options()["ssl_context"]
    assert context.check_hostname


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://one:9092", "kafka://"),
        ("one:9092", "kafka://"),
        ("kafka://", "host:port"),
        ("kafka://one:", "host:port"),
        ("kafka://one:0", "host:port"),
        ("kafka://one:99999", "host:port"),
        ("kafka://one:9092,,two:9092", "host:port"),
        ("kafka://user:secret@one:9092", "sasl_username"),
        ("kafka://one?acks=0", "acks"),
        ("kafka://one?security_protocol=TLS", "security_protocol"),
        ("kafka://one?security_protocol=SASL_SSL&sasl_mechanism=MD5", "sasl_mechanism"),
        ("kafka://one?security_protocol=SASL_SSL&sasl_username=me", "sasl_password"),
        ("kafka://one?replication_factor=0", "replication_factor"),
        ("kafka://one?replication_factor=many", "replication_factor"),
    ],
)
def test_what_is_wrong_is_said(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        KafkaAddress.parse(url)
    assert "secret" not in str(caught.value)


def test_without_a_url_the_log_is_embedded(tmp_path: Path) -> None:
    assert isinstance(open_broker(None, tmp_path), EmbeddedBroker)


def test_another_kind_of_url_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kafka://"):
        open_broker("amqp://host", tmp_path)
