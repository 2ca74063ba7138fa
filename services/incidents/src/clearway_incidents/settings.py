"""The settings of the incidents service."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import Field, field_validator

from clearway_platform.settings import ServiceSettings

MOST_TERMS: Final = 10_000
LONGEST_TERM: Final = 200


class IncidentsSettings(ServiceSettings):
    """Environment variables `CLEARWAY_…`."""

    guard_terms: Path | None = Field(
        default=None,
        description="The path of a file with words of the mission, one on a line: a text that has one of them is held "
        "for review. Lines that begin with # are left out.",
    )

    @field_validator("guard_terms")
    @classmethod
    def _are_terms(cls, value: Path | None) -> Path | None:
        if value is not None:
            _read(value)
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
