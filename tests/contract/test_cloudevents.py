"""The official CloudEvents SDK reads our messages, and we read its."""

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event, to_binary_event
from hypothesis import given, settings

from clearway_contracts.codec import decode, encode
from clearway_contracts.envelope import Event
from clearway_testing.event_states import events


@given(events())
@settings(max_examples=50, deadline=None)
def test_the_sdk_reads_ours(event: Event) -> None:
    ours = encode(event)

    theirs = from_binary_event(KafkaMessage(headers=dict(ours.headers), key=ours.key, value=ours.value))

    assert theirs.get_type() == event.data.event_type
    assert theirs.get_id() == str(event.envelope.id)
    assert theirs.get_source() == event.envelope.source
    assert theirs.get_subject() == event.envelope.subject
    assert theirs.get_time() == event.envelope.time
    assert theirs.get_datacontenttype() == "application/json"
    assert theirs.get_extension("mission") == event.envelope.mission
    assert theirs.get_extension("partitionkey") == event.envelope.subject
    assert theirs.get_data() == event.data.model_dump(mode="json")


@given(events())
@settings(max_examples=50, deadline=None)
def test_we_read_what_the_sdk_writes(event: Event) -> None:
    ours = encode(event)
    theirs = to_binary_event(
        from_binary_event(KafkaMessage(headers=dict(ours.headers), key=ours.key, value=ours.value))
    )
    key = theirs.key.encode() if isinstance(theirs.key, str) else theirs.key
    trace = [(name, value) for name, value in ours.headers if name == "traceparent"]

    assert decode(key, theirs.value, [*theirs.headers.items(), *trace]) == event
