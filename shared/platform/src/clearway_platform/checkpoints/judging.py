"""What the lines of one place say, and whether they are all there and as they were signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clearway_platform.audit.links import Fault
from clearway_platform.checkpoints.findings import PLACE, Finding
from clearway_platform.checkpoints.signing import BadKey, PublicKey
from clearway_platform.checkpoints.statement import NotACheckpoint, Signed, handover_of, read_line


@dataclass(frozen=True, slots=True)
class Judged:
    """The checkpoints of a place that are signed by a trusted key, in their order, and what is wrong with others."""

    place: str
    checkpoints: Sequence[Signed]
    findings: Sequence[Finding]

    @property
    def last(self) -> int:
        """The number of the newest; 0 where there is none."""
        return max((one.statement.sequence for one in self.checkpoints), default=0)


def trusted_keys(given: Iterable[PublicKey], checkpoints: Iterable[Signed]) -> dict[str, PublicKey]:
    """The given keys, and those that they handed over to, or got it from: each such statement is signed by both."""
    trusted = {key.id: key for key in given}
    handovers = [keys for one in checkpoints if (keys := _handover(one)) is not None]
    while True:
        further = [key for pair in handovers if trusted.keys() & {key.id for key in pair} for key in pair]
        if trusted.keys() >= {key.id for key in further}:
            return trusted
        trusted |= {key.id: key for key in further}


def _handover(checkpoint: Signed) -> tuple[PublicKey, PublicKey] | None:
    """The two keys of a handover that both have signed."""
    try:
        keys = handover_of(checkpoint.statement)
    except BadKey:
        return None
    if keys is None or len(checkpoint.signed_by({key.id: key for key in keys})) < len(keys):
        return None
    return keys


def parse(place: str, lines: Sequence[str]) -> tuple[list[Signed], list[Finding]]:
    """The checkpoints in the lines; lines of something else are passed over."""
    found, findings = [], []
    for number, line in enumerate(lines, 1):
        try:
            one = read_line(line)
        except NotACheckpoint:
            findings.append(_finding(place, Fault.CHANGED, None, f"line {number} is no checkpoint any more"))
            continue
        if one is not None:
            found.append(one)
    return found, findings


def judge(place: str, lines: Sequence[str], keys: Mapping[str, PublicKey]) -> Judged:
    """Whether each checkpoint is signed, follows the one before it, and none is missing."""
    found, findings = parse(place, lines)
    genuine = []
    for one in found:
        if one.signed_by(keys):
            genuine.append(one)
        else:
            number = one.statement.sequence
            findings.append(_finding(place, Fault.CHANGED, number, f"checkpoint {number} is not signed by a known key"))
    findings += _order(place, genuine)
    return Judged(place, sorted(genuine, key=lambda one: one.statement.sequence), findings)


def _order(place: str, checkpoints: Sequence[Signed]) -> list[Finding]:
    """The first place at which the row of checkpoints is broken."""
    expected, previous = 1, None
    for index, one in enumerate(checkpoints):
        number, its_hash = one.statement.sequence, one.statement.hash
        if number == expected - 1 and its_hash == previous:
            continue  # written twice, after an answer that did not arrive
        if number != expected:
            later = {other.statement.sequence for other in checkpoints[index:]}
            if number < expected or expected in later:
                said = f"checkpoint {number} stands where {expected} was written"
                return [_finding(place, Fault.REORDERED, number, said)]
            return [_finding(place, Fault.REMOVED, expected, f"checkpoint {expected} is missing")]
        if one.statement.previous != previous:
            said = f"checkpoint {number} does not follow the one before it: one of the two is of another row"
            return [_finding(place, Fault.CHANGED, number, said)]
        expected, previous = number + 1, its_hash
    return []


def _finding(place: str, fault: Fault, sequence: int | None, said: str) -> Finding:
    return Finding(PLACE, fault, f"{said} ({place})", sequence=sequence, place=place)
