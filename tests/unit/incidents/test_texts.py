"""What a text may hold is what Unicode says can be printed and a database can store."""

import sys
import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError

from clearway_incidents.api.texts import Line, Text

TEXT: TypeAdapter[str] = TypeAdapter(Text)
LINE: TypeAdapter[str] = TypeAdapter(Line)


def test_controls_and_surrogates_are_refused_and_all_else_is_taken() -> None:
    for block in range(0, sys.maxunicode + 1, 400):
        signs = [chr(code) for code in range(block, min(block + 400, sys.maxunicode + 1))]
        unprintable = [
            sign for sign in signs if unicodedata.category(sign) in ("Cc", "Cs") and sign not in ("\n", "\r", "\t")
        ]
        printable = "".join(sign for sign in signs if sign not in unprintable)
        assert TEXT.validate_python(printable) == printable
        for sign in unprintable:
            with pytest.raises(ValidationError):
                TEXT.validate_python(f"road{sign}side")


@pytest.mark.parametrize("sign", ["\n", "\r", "\t"])
def test_a_line_is_one_line(sign: str) -> None:
    assert TEXT.validate_python(f"road{sign}side") == f"road{sign}side"
    with pytest.raises(ValidationError, match="must be one line"):
        LINE.validate_python(f"road{sign}side")
