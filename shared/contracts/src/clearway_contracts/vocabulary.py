"""The words of incidents, alerts and risk: closed lists, lower_snake on the wire, with unknown as a value of its own.

Domain and wire share them on purpose.
"""

from enum import IntEnum, StrEnum
from typing import Final, Self

# What release 0.1.0 wrote for every category that it had no word of its own for. It is read as an explosive one.
_FORMER_CATEGORY: Final = "other"


class Category(StrEnum):
    """What kind of explosive hazard it is; `not_explosive` where there is none. All others warn and count."""

    IED = "ied"
    LANDMINE = "landmine"
    UXO_ERW = "uxo_erw"
    GRENADE = "grenade"
    AMMUNITION_STORAGE = "ammunition_storage"
    OTHER_EXPLOSIVE = "other_explosive"
    NOT_EXPLOSIVE = "not_explosive"
    UNKNOWN = "unknown"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("other_explosive") if value == _FORMER_CATEGORY else None

    @property
    def written_as(self) -> tuple[str, ...]:
        """The words by which events and rows of every version name it."""
        return (self.value, _FORMER_CATEGORY) if self is Category.OTHER_EXPLOSIVE else (self.value,)


class Actuation(StrEnum):
    """How it is set off, coarsely: the only technical field there is."""

    VICTIM_OPERATED = "victim_operated"
    COMMAND = "command"
    TIME = "time"
    COMBINATION = "combination"
    SUICIDE_BODY_BORNE = "suicide_body_borne"
    VEHICLE_BORNE = "vehicle_borne"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Delivery(StrEnum):
    """How it came to be where it was."""

    ROADSIDE = "roadside"
    VEHICLE_BORNE = "vehicle_borne"
    BODY_BORNE = "body_borne"
    COMPLEX_ATTACK = "complex_attack"
    CACHED = "cached"
    OTHER = "other"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What became of it, as reported."""

    DETONATED = "detonated"
    PARTIAL = "partial"
    FOUND_CLEARED = "found_cleared"
    FOUND_MARKED = "found_marked"
    FOUND_NOT_CLEARED = "found_not_cleared"
    CACHE_RECOVERED = "cache_recovered"
    HOAX = "hoax"
    FALSE_ALARM = "false_alarm"
    UNKNOWN = "unknown"


class HazardState(StrEnum):
    """Whether there is still something to keep away from. Moves independently of outcome and status."""

    ACTIVE = "active"
    SUSPECTED = "suspected"
    MARKED = "marked"
    CLEARED = "cleared"
    NONE = "none"
    UNKNOWN = "unknown"


class ClearanceState(StrEnum):
    """Where a clearance stands. A claimed one withdraws no warning: the hazard stands until it is confirmed."""

    CLAIMED = "claimed"
    CONFIRMED = "confirmed"


class ClearanceMethod(StrEnum):
    """What was done so that the hazard is no more, coarsely."""

    RENDERED_SAFE = "rendered_safe"
    DESTROYED_IN_PLACE = "destroyed_in_place"
    REMOVED = "removed"
    SEARCHED_NOTHING_FOUND = "searched_nothing_found"
    OTHER = "other"
    UNKNOWN = "unknown"


class Target(StrEnum):
    """Who or what it was meant for, or hit."""

    UN_CONVOY = "un_convoy"
    UN_FOOT_PATROL = "un_foot_patrol"
    UN_BASE = "un_base"
    NATIONAL_FORCES = "national_forces"
    HUMANITARIAN = "humanitarian"
    CIVILIAN_VEHICLE = "civilian_vehicle"
    CIVILIAN_PLACE = "civilian_place"
    INFRASTRUCTURE = "infrastructure"
    UNKNOWN = "unknown"


class Activity(StrEnum):
    """What those who met it were doing."""

    PATROL = "patrol"
    CONVOY = "convoy"
    CLEARANCE = "clearance"
    ESCORT = "escort"
    STATIONARY = "stationary"
    CIVILIAN_TRAVEL = "civilian_travel"
    FARMING = "farming"
    OTHER = "other"
    UNKNOWN = "unknown"


class TimePrecision(StrEnum):
    """How closely the moment of the incident is known."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    UNKNOWN = "unknown"


class LocationPrecision(StrEnum):
    """What the point stands for, from a position fix to the middle of a country."""

    GPS = "gps"
    SURVEYED_POINT = "surveyed_point"
    NEAR_LOCALITY = "near_locality"
    LOCALITY = "locality"
    ADMIN2 = "admin2"
    ADMIN1 = "admin1"
    COUNTRY = "country"


class Setting(StrEnum):
    """The kind of ground it lay on."""

    ROAD = "road"
    TRACK = "track"
    BRIDGE_CULVERT = "bridge_culvert"
    SETTLEMENT = "settlement"
    COMPOUND = "compound"
    MARKET = "market"
    FIELD = "field"
    WATER_POINT = "water_point"
    OTHER = "other"
    UNKNOWN = "unknown"


class Affiliation(StrEnum):
    """To whom those hurt belong."""

    UN = "un"
    HUMANITARIAN = "humanitarian"
    NATIONAL_FORCES = "national_forces"
    CIVILIAN = "civilian"
    OTHER = "other"
    UNKNOWN = "unknown"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    """Child is under 18 years, older adult is 60 and over."""

    CHILD = "child"
    ADULT = "adult"
    OLDER_ADULT = "older_adult"
    UNKNOWN = "unknown"


class CasualtyOutcome(StrEnum):
    KILLED = "killed"
    INJURED = "injured"
    MISSING = "missing"


class Passable(StrEnum):
    """Whether the road can be used after the incident."""

    YES = "yes"
    RESTRICTED = "restricted"
    NO = "no"
    UNKNOWN = "unknown"


class MissionImpact(StrEnum):
    """What the incident did to the movement that met it."""

    NONE = "none"
    DELAY = "delay"
    HALT = "halt"


class ProtectiveMeasure(StrEnum):
    """What was done on the spot to protect people."""

    CORDON = "cordon"
    MARKING = "marking"
    EVACUATION = "evacuation"
    ROUTE_CLOSED = "route_closed"
    EOD_REQUESTED = "eod_requested"
    MEDEVAC = "medevac"
    NONE = "none"


class Priority(StrEnum):
    """The reporter's recommended priority: the last line of a nine-line report."""

    IMMEDIATE = "immediate"
    INDIRECT = "indirect"
    MINOR = "minor"
    NO_THREAT = "no_threat"


class SourceReliability(StrEnum):
    """The Admiralty grade of the source: A completely reliable, E unreliable, F cannot be judged."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class InfoCredibility(IntEnum):
    """The Admiralty grade of the information: 1 confirmed by other sources, 6 cannot be judged."""

    CONFIRMED = 1
    PROBABLY_TRUE = 2
    POSSIBLY_TRUE = 3
    DOUBTFUL = 4
    IMPROBABLE = 5
    CANNOT_BE_JUDGED = 6


class Status(StrEnum):
    """Where the report stands in its life."""

    REPORTED = "reported"
    UNDER_REVIEW = "under_review"
    VERIFIED = "verified"
    DISPUTED = "disputed"
    CLOSED = "closed"
    RETRACTED = "retracted"
    MERGED = "merged"


class Tlp(StrEnum):
    """The Traffic Light Protocol 2.0, from the narrowest circle to the widest."""

    RED = "red"
    AMBER_STRICT = "amber_strict"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"


class Classification(StrEnum):
    """The levels of ST/SGB/2007/6."""

    UNCLASSIFIED = "unclassified"
    CONFIDENTIAL = "confidential"
    STRICTLY_CONFIDENTIAL = "strictly_confidential"


class Channel(StrEnum):
    """The way by which a report came in."""

    API = "api"
    RADIO = "radio"
    SMS = "sms"
    FORM = "form"
    IMPORT = "import"


class RetractionReason(StrEnum):
    FALSE_REPORT = "false_report"
    DUPLICATE = "duplicate"
    WRONG_PLACE = "wrong_place"
    PRIVACY = "privacy"


class AlertKind(StrEnum):
    """What a subscription is told; `renewed` of a hazard that still stands when the alert before it is to expire."""

    ISSUED = "issued"
    UPDATED = "updated"
    RENEWED = "renewed"
    DOWNGRADED = "downgraded"
    CANCELLED = "cancelled"


class SourceKind(StrEnum):
    """What is listened to: an organisation that reports, an import, and a part of Clearway itself."""

    REPORTING_CELL = "reporting_cell"
    IMPORT = "import"
    CONSUMER = "consumer"
    RELAY = "relay"


class Severity(StrEnum):
    """CAP 1.2's severity."""

    EXTREME = "extreme"
    SEVERE = "severe"
    MODERATE = "moderate"
    MINOR = "minor"
    UNKNOWN = "unknown"


class Urgency(StrEnum):
    """CAP 1.2's urgency."""

    IMMEDIATE = "immediate"
    EXPECTED = "expected"
    FUTURE = "future"
    PAST = "past"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """CAP 1.2's certainty."""

    OBSERVED = "observed"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    UNKNOWN = "unknown"


class RiskBand(StrEnum):
    """The words for a route's risk. There is none for "safe"; low data says that silence proves nothing, and a known
    hazard comes before every estimate."""

    LOW = "low"
    ELEVATED = "elevated"
    HIGH = "high"
    SEVERE = "severe"
    LOW_DATA = "low_data"
    KNOWN_HAZARD = "known_hazard"


class Inclusion(StrEnum):
    """Whether something else (an exercise, a silent source) is taken beside the incidents, or alone."""

    EXCLUDE = "exclude"
    INCLUDE = "include"
    ONLY = "only"
