"""The address and the credentials of a Kafka cluster, read from one URL."""

import ssl
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_PORT: Final = 9092
PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PARAMETERS: Final = frozenset(
    {"security_protocol", "sasl_mechanism", "sasl_username", "sasl_password", "cafile", "replication_factor"}
)


@dataclass(frozen=True, slots=True)
class KafkaAddress:
    """A cluster. `replication_factor` of None: as many copies as there are brokers, three at most."""

    servers: tuple[str, ...]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "PLAIN"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    replication_factor: int | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `kafka://host:port[,host:port][?security_protocol=SASL_SSL&sasl_mechanism=…&sasl_username=…
        &sasl_password=…&cafile=…&replication_factor=3]`. Raises ValueError saying what is wrong, without the password.
        """
        parts = urlsplit(url)
        if parts.scheme != "kafka":
            raise ValueError(f"a broker URL begins with kafka://, not {parts.scheme or url[:8]!r}")
        if "@" in parts.netloc:
            raise ValueError("name the account with ?sasl_username=…&sasl_password=…, not before the host")
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        if unknown := parameters.keys() - PARAMETERS:
            raise ValueError(
                f"unknown in a broker URL: {', '.join(sorted(unknown))}; known: {', '.join(sorted(PARAMETERS))}"
            )
        factor = parameters.pop("replication_factor", None)
        address = cls(
            servers=tuple(_server(server) for server in parts.netloc.split(",")),
            replication_factor=None if factor is None else _count(factor),
            **parameters,
        )
        address._check()
        return address

    def client_options(self) -> dict[str, Any]:
        """The options of every aiokafka client."""
        return {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.security_protocol,
            "ssl_context": self._ssl_context(),
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": self.sasl_password,
        }

    def _ssl_context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.cafile) if self.security_protocol.endswith("SSL") else None

    def _check(self) -> None:
        if self.security_protocol not in PROTOCOLS:
            raise ValueError(f"security_protocol is one of {', '.join(PROTOCOLS)}, not {self.security_protocol!r}")
        if self.sasl_mechanism not in MECHANISMS:
            raise ValueError(f"sasl_mechanism is one of {', '.join(MECHANISMS)}, not {self.sasl_mechanism!r}")
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            raise ValueError(f"{self.security_protocol} needs sasl_username and sasl_password")
        if self.replication_factor is not None and self.replication_factor < 1:
            raise ValueError("replication_factor is 1 or more")


def _server(text: str) -> str:
    host, colon, port = unquote(text).rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        host, port = port or host, str(DEFAULT_PORT)
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not host:port")
    return f"{host}:{port}"


def _count(text: str) -> int:
    if not text.isdigit():
        raise ValueError(f"replication_factor is a number, not {text!r}")
    return int(text)
