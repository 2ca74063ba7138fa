"""The settings of the incidents service."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from clearway_platform.settings import ServiceSettings

MOST_TERMS: Final = 10_000
LONGEST_TERM: Final = 200
OFF: Final = "off"
_MEBIBYTE: Final = 1024**2


class IncidentsSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`."""

    guard_terms: Path | None = Field(
        default=None,
        description="The path of a file with words of the mission, one on a line: a text that has one of them is held "
        "for review. Lines that begin with # are left out.",
    )
    attachments: str | None = Field(
        default=None,
        min_length=1,
        description="Where photos are kept: a folder, s3://bucket/prefix?endpoint=…&region=…, or off. By default a "
        "folder in the data folder, on Kafka off.",
    )
    attachments_access_key_id: SecretStr | None = Field(
        default=None, description="The name of the key of that store; unset: what the machine has, as AWS_… variables."
    )
    attachments_secret_access_key: SecretStr | None = Field(default=None, description="The key itself.")
    attachment_bytes: int = Field(
        default=10 * _MEBIBYTE, ge=1024, le=50 * _MEBIBYTE, description="The largest photo that is accepted."
    )
    incident_attachments: int = Field(default=20, ge=1, le=500, description="The photos of one incident.")
    mission_attachment_bytes: int = Field(
        default=10 * 1024**3, ge=0, description="What the photos of one mission may take; 0: no limit."
    )
    attachment_scanner: SecretStr | None = Field(
        default=None, description="The address of a scanner for viruses, to which each photo is sent; unset: none."
    )
    attachment_scanner_seconds: float = Field(default=30.0, gt=0, description="So long it is waited for.")

    @field_validator("guard_terms")
    @classmethod
    def _are_terms(cls, value: Path | None) -> Path | None:
        if value is not None:
            _read(value)
        return value

    @field_validator("attachments")
    @classmethod
    def _is_a_place(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "")
        if parts.scheme not in ("", "s3") or (parts.scheme == "s3" and not parts.netloc):
            raise ValueError("is a folder, s3://bucket/prefix?endpoint=…&region=…, or off")
        return value

    @field_validator("attachment_scanner")
    @classmethod
    def _is_a_web_address(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit("" if value is None else value.get_secret_value())
        if value is not None and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("give an address with its scheme, as in http://scanner:9000/scan")
        return value

    def terms(self) -> tuple[str, ...]:
        """The words of the file; none where no file is named. Raises ValueError when it cannot be read any more."""
        return () if self.guard_terms is None else _read(self.guard_terms)


def _read(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError("the file is not UTF-8") from error
    terms = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if len(terms) > MOST_TERMS:
        raise ValueError(f"the file has {len(terms)} words, and may have {MOST_TERMS}")
    for number, term in enumerate(terms, start=1):
        if len(term) > LONGEST_TERM or not any(sign.isalnum() for sign in term):
            raise ValueError(f"word {number} of the file has no letter, or more than {LONGEST_TERM} characters")
    return tuple(terms)
