"""The README's table of events, between two markers."""

from typing import Final

from clearway_contracts.asyncapi import events_of, summary
from clearway_contracts.topics import DEAD_LETTERS, TOPICS

BEGIN: Final = "<!-- events:begin -->"
END: Final = "<!-- events:end -->"


def event_table() -> str:
    """The events in Markdown: what they say, where they travel, and between whom."""
    lines = ["| event | says | topic, ordered by | from → to |", "|---|---|---|---|"]
    for topic in TOPICS:
        to = ", ".join(topic.consumers) or "streams and subscribers"
        for contract in events_of(topic):
            route = f"{', '.join(topic.producers)} → {to}"
            lines.append(f"| `{contract.event_type}` | {summary(contract)} | `{topic.name}`, {topic.key} | {route} |")
    *others, last = DEAD_LETTERS.producers
    origin = f"{', '.join(others)} and {last}"
    lines.append(f"| any message | {DEAD_LETTERS.describes} | `{DEAD_LETTERS.name}` | {origin} → operators |")
    return "\n".join(lines)


def with_event_table(text: str) -> str:
    """`text` with the table between its markers brought up to date; unchanged when it has no markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    return f"{before}{BEGIN}\n{event_table()}\n{END}{after}" if begin and end else text
