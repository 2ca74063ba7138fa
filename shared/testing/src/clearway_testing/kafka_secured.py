"""A Kafka with authentication, as in a mission: TLS, with a certificate of an authority created here, and SCRAM."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from clearway_testing.kafka import KafkaServer
from clearway_testing.server import LOOPBACK, free_port

USER: Final = "clearway"
PASSWORD: Final = "a pass&word+of=ours"
MECHANISM: Final = "SCRAM-SHA-512"

# Beside the plain listener, which the broker uses for itself. Sessions are bounded as brokers do by default.
LISTENER: Final = """\
listeners=PLAINTEXT://{{host}}:{{port}},CONTROLLER://{{host}}:{{controller_port}},SECURED://{{host}}:{secured_port}
advertised.listeners=PLAINTEXT://{{host}}:{{port}},CONTROLLER://{{host}}:{{controller_port}},SECURED://{{host}}:{secured_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL
sasl.enabled.mechanisms={mechanism}
listener.name.secured.{mechanism_key}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
group.min.session.timeout.ms=6000
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
"""


class SecuredKafka(KafkaServer):
    """`url` signs in as USER. `authority` is the file of the certificate that vouches for the broker."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._secured_port = free_port()
        self.authority = directory / "authority.pem"
        keystore = directory / "broker.pem"
        _make_certificate(self.authority, keystore)
        lines = LISTENER.format(
            secured_port=self._secured_port, mechanism=MECHANISM, mechanism_key=MECHANISM.lower(), keystore=keystore
        )
        account = f"{MECHANISM}=[name={USER},password={PASSWORD}]"
        super().__init__(directory, more=lines, format_options=["--add-scram", account])

    @property
    def url(self) -> str:
        return self.url_for(PASSWORD, self.authority)

    def url_for(self, password: str, authority: Path | None) -> str:
        """The address with this password, trusting this authority (None: those of the system)."""
        parameters = {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": MECHANISM,
            "sasl_username": USER,
            "sasl_password": password,
        }
        if authority is not None:
            parameters["cafile"] = str(authority)
        return f"kafka://{LOOPBACK}:{self._secured_port}?{urlencode(parameters)}"


def _make_certificate(authority: Path, keystore: Path) -> None:
    """A certificate for this machine's loopback address that vouches for itself, and the same with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clearway test")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )
    authority.write_bytes(certificate)
    keystore.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate)
