"""No input answers 5xx, and every answer is as the OpenAPI document says. Inputs are made from the document itself."""

from typing import Any, Final

import pytest
import schemathesis
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    StatefulPhaseConfig,
)
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from clearway_platform.auth.permissions import PLATFORM
from clearway_platform.auth.principals import Role
from clearway_platform.web.joined import join

from .mission import Mission
from .operations import members

EXAMPLES: Final = 10
SEED: Final = 20260101
REFUSALS: Final = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]

CONFIG: Final = schemathesis.Config(
    seed=SEED,
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(max_examples=EXAMPLES, deterministic=True),
            # Too many items are refused as too large, too.
            checks=ChecksConfig.from_dict(
                {
                    "negative_data_rejection": {"expected-statuses": REFUSALS},
                    "missing_required_header": {"expected-statuses": REFUSALS},
                }
            ),
            phases=PhasesConfig(stateful=StatefulPhaseConfig(enabled=False)),
        )
    ),
)
DOCUMENT: Final = join({member.service.name: member.parts.app.openapi() for member in members()}, PLATFORM)
# A stream does not end, and its answer is no document: tests of their own cover them.
SCHEMA: Final = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG).exclude(path_regex="-events$")


@schemathesis.serializer("application/x-ndjson")
def lines(_context: object, value: object) -> bytes:
    """Lines as the document has them, which is a text."""
    return value if isinstance(value, bytes) else str(value).encode()


# Rules that tie fields together (times in order, rings closed, a cursor that was given) stand in no JSON Schema.
NOT_IN_A_SCHEMA: Final[list[Any]] = [positive_data_acceptance]
UNTRUE: Final[dict[str, list[Any]]] = {
    # An item that is refused does not stop the others: the answer is 200 and says so.
    "/v1/incident-imports": [negative_data_rejection],
    "/v1/incidents:bulk": [negative_data_rejection],
}


@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.timeout(120)
@SCHEMA.parametrize()
def test_an_answer_is_as_documented(case: schemathesis.Case[Any], north: Mission) -> None:
    headers = {"Authorization": f"Bearer {north.tokens[Role.ADMIN]}"}
    untrue = [*NOT_IN_A_SCHEMA, *UNTRUE.get(case.path, [])]
    case.call_and_validate(base_url=north.platform.url, headers=headers, excluded_checks=untrue)
