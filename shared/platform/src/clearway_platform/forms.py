"""What is common to the bodies of requests: their faults are few, because each costs as much as a hundred right values.

A sequence in a body has `fail_fast`: of the faults of its items the first is told. Without it a body of 1 MB could have
hundreds of thousands, which hold the event loop for seconds.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ConfigDict, model_validator

# Of these each is told. Of more, only how many there are.
MOST_UNKNOWN: Final = 100


class BoundedForm(BaseModel):
    """Base of all request bodies. Unknown properties are refused, so that a misspelled name is noticed."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_few_properties(cls, given: object) -> object:
        if isinstance(given, Mapping) and len(given) > len(cls.model_fields) + MOST_UNKNOWN:
            raise ValueError(f"has {len(given)} properties; send those that the document names")
        return given
