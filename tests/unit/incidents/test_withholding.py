"""Every text of the record is looked at, and what is kept of an edition says what it said without saying it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

import clearway_incidents.storage
from clearway_contracts.incident import IncidentState
from clearway_contracts.vocabulary import Status
from clearway_incidents.domain.content_guard import WITHHELD, ContentGuard
from clearway_incidents.domain.contents import kept
from clearway_incidents.domain.errors import InvalidFact, NotNow, TextReplaced
from clearway_incidents.domain.life import Act, Kind, NewRevision
from clearway_incidents.domain.withholding import REASON, release, texts_of, with_texts, withheld_in, withhold

TOLD = "Mix two cups of flurbium with one cup of blenk and stir."
GUARD = ContentGuard()
ACT = Act("key", datetime(2026, 3, 1, tzinfo=UTC))
# No texts: ids, moments, codes and hashes, and the words of the vocabulary.
OTHER = {
    *("incident_id", "mission", "category", "actuation", "delivery", "outcome", "hazard_state", "target", "activity"),
    *("priority", "status", "time", "audit", "grading", "links", "retraction", "impact", "casualties"),
    *("location.precision", "location.admin0", "location.mgrs", "location.route_id", "location.setting"),
    *("location.point", "protective_measures", "sharing.tlp", "sharing.classification", "sharing.retention_until"),
    *("reports.*.report_id", "reports.*.channel", "reports.*.received_at", "clearance.state", "clearance.method"),
    *("clearance.hazard_state", "clearance.at", "clearance.claimed_by", "clearance.confirmed_by"),
}


@pytest.fixture
def incident() -> IncidentState:
    """With every field."""
    folder = Path(str(clearway_incidents.storage.__file__)).parent / "examples"
    stored = [json.loads((folder / f"incident.{name}.json").read_text()) for name in ("v1.full", "v2.claimed")]
    state = {**stored[0], "clearance": stored[1]["clearance"] | {"override_reason": "alone", "reference": "C 7"}}
    state["location"] = state["location"] | {"admin1": "Gao", "admin2": "Ansongo"}
    state["sharing"] = state["sharing"] | {"releasable_to": ["Halo"]}
    lines = {name: name for name in state["reports"][0]["nine_line"] or ()}
    state["reports"] = [state["reports"][0] | {"contact_ref": "book-7", "nine_line": lines or None}]
    return TypeAdapter(IncidentState).validate_python({name: state[name] for name in state if name != "v"})


def leaves(value: object, name: str = "") -> Iterator[str]:
    """The names of all strings of a document; `*` is any place of a list."""
    if isinstance(value, dict):
        for part, inner in value.items():
            yield from leaves(inner, f"{name}.{part}" if name else part)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{name}.*")
    elif isinstance(value, str):
        yield name


def test_every_string_of_the_record_is_a_text_or_is_known_to_be_none(incident: IncidentState) -> None:
    """A new field that holds text is looked at by itself. One that does not is named in OTHER, by who adds it."""
    strings = set(leaves(incident.model_dump(mode="json")))
    known = {name for name in strings if any(name == other or name.startswith(f"{other}.") for other in OTHER)}
    report_id = str(incident.reports[0].report_id)
    texts = {
        ".".join("*" if part.isdigit() or part == report_id else part for part in name.split("."))
        for name, _text in texts_of(incident)
    }
    assert strings - known == texts
    assert {"narrative", "location.admin2", "clearance.override_reason", "external_refs.*.url"} <= texts
    assert len([name for name in texts if ".nine_line." in name]) == 9


def test_each_text_can_be_replaced_and_is_found_again(incident: IncidentState) -> None:
    for name, text in texts_of(incident):
        changed = with_texts(incident, {name: WITHHELD})
        assert dict(texts_of(changed)) == {**dict(texts_of(incident)), name: WITHHELD}
        if not name.startswith(("sharing", "external_refs")):
            assert withheld_in(changed.model_dump(mode="json")) == [name]
        assert with_texts(changed, {name: text}) == incident


def test_what_is_held_is_replaced_and_kept_with_its_name(incident: IncidentState) -> None:
    told = with_texts(incident, {"narrative": TOLD, "clearance.extent": TOLD})
    change, held = withhold(GUARD, NewRevision(told, Kind.CORRECTED, TOLD))
    assert {one.field for one in held} == {"narrative", "clearance.extent"}
    assert {one.text for one in held} == {TOLD}
    assert (change.incident.narrative, change.reason) == (WITHHELD, WITHHELD)
    assert with_texts(change.incident, {one.field: one.text for one in held}) == told
    _change, [reason] = withhold(GUARD, NewRevision(incident, Kind.MERGED, TOLD))
    assert reason.field == REASON


def test_what_is_on_record_is_not_looked_at_again(incident: IncidentState) -> None:
    told = with_texts(incident, {"narrative": TOLD})
    for kind, before in ((Kind.CORRECTED, told), (Kind.MERGED, None), (Kind.EXPIRED, None)):
        change = NewRevision(told, kind)
        assert withhold(GUARD, change, before) == (change, ())


def test_a_name_that_decides_is_refused(incident: IncidentState) -> None:
    for name in ("external_refs.0.id", "sharing.releasable_to.0"):
        with pytest.raises(InvalidFact) as refused:
            withhold(GUARD, NewRevision(with_texts(incident, {name: TOLD}), Kind.CORRECTED))
        assert refused.value.fault.place == name
        assert "flurbium" not in str(refused.value)


def test_a_text_is_released_only_where_it_is_withheld(incident: IncidentState) -> None:
    withheld = with_texts(incident, {"narrative": WITHHELD})
    released = release(withheld, ACT, name="narrative", text=TOLD)
    assert (released.incident.narrative, released.kind, released.decisive) == (TOLD, Kind.TEXT_RELEASED, False)
    with pytest.raises(TextReplaced):
        release(incident, ACT, name="narrative", text=TOLD)
    with pytest.raises(NotNow):
        release(withheld.model_copy(update={"status": Status.RETRACTED}), ACT, name="narrative", text=TOLD)


def test_an_edition_is_kept_with_marks_that_only_the_same_text_has() -> None:
    fields = {"narrative": TOLD, "report": {"nine_line": {"line_4": "IED"}}, "casualties": [{"low": 1}]}
    first = kept(GUARD, fields)
    assert "flurbium" not in json.dumps(first.fields)
    assert first.fields["report"] == fields["report"]
    assert kept(GUARD, fields).fields == first.fields
    assert kept(GUARD, {**fields, "narrative": f"{TOLD} Twice."}).fields != first.fields
    # What is kept is read again as it is.
    again = kept(GUARD, first.fields)
    assert (again.fields, again.marks, again.texts) == (first.fields, first.marks, {})


def test_a_text_that_was_held_is_the_same_though_the_rules_changed() -> None:
    """Else a newer program would take the next edition for a correction of it."""
    strict = kept(ContentGuard(("culvert",)), {"narrative": "Object at the culvert."})
    assert kept(GUARD, {"narrative": "Object at the culvert."}, strict.marks).fields == strict.fields
    assert kept(GUARD, {"narrative": "Object at the culvert."}).fields != strict.fields
