"""What a dead letter says of its error."""

import pytest
from pydantic import BaseModel, ValidationError

from clearway_platform.messaging.dead_letters import describe


class Channel(BaseModel):
    url: int


def test_the_class_and_the_text_of_an_error() -> None:
    assert describe(ValueError("a\x00b")) == "ValueError: a\\0b"


def test_a_value_that_does_not_validate_is_left_out() -> None:
    with pytest.raises(ValidationError) as raised:
        Channel.model_validate({"url": "https://example.org/T0PS3CRET"})
    assert "T0PS3CRET" in str(raised.value)
    assert describe(raised.value) == (
        "ValidationError: url: Input should be a valid integer, unable to parse string as an integer"
    )
