"""The tables that map the words of the Aid Worker Security Database to those of this service.

The edition of 2025 has words. The edition of 2016 has codes; their meaning was read off the incidents that are in both.
"""

from dataclasses import dataclass
from typing import Final

# Means of attack of 2016, by the word that the same incidents have in 2025. AB covers what later became three words:
# it stays as unspecific as it was.
MEANS_OF_2016: Final = {
    "S": "Shooting",
    "K": "Kidnapping",
    "KK": "Kidnap-killing",
    "BA": "Bodily assault",
    "RSA": "Rape/sexual assault",
    "U": "Unknown",
    "AB": "Aerial bombardment, shelling or other explosives",
    "B": "Other Explosives",
    "RIED": "Roadside IED",
    "LM": "Landmine",
    "CX": "Complex attack",
    "VBIED": "Vehicle-born IED",
    "VBIED-S": "Vehicle-born IED",
    "VBIED-RC": "Vehicle-born IED",
    "BBIED": "Body-borne IED",
}
LOCATIONS_OF_2016: Final = {
    "R": "Road",
    "OC": "Office/compound",
    "P": "Public location",
    "PS": "Project site",
    "H": "Home",
    "C": "Custody",
    "U": "Unknown",
    "": "Unknown",
}


@dataclass(frozen=True, slots=True)
class Means:
    """A means of attack as category, actuation and delivery; `explosive` when something went off."""

    category: str
    actuation: str
    delivery: str
    explosive: bool


_NO_DEVICE: Final = Means("not_explosive", "not_applicable", "other", explosive=False)

MEANS: Final = {
    "Roadside IED": Means("ied", "unknown", "roadside", explosive=True),
    "Vehicle-born IED": Means("ied", "vehicle_borne", "vehicle_borne", explosive=True),
    "Body-borne IED": Means("ied", "suicide_body_borne", "body_borne", explosive=True),
    "Complex attack": Means("ied", "unknown", "complex_attack", explosive=True),
    "Landmine": Means("landmine", "victim_operated", "other", explosive=True),
    "Other Explosives": Means("other_explosive", "unknown", "unknown", explosive=True),
    "Aerial bombardment": Means("other_explosive", "not_applicable", "other", explosive=True),
    "Shelling": Means("other_explosive", "not_applicable", "other", explosive=True),
    "Aerial bombardment, shelling or other explosives": Means("other_explosive", "unknown", "unknown", explosive=True),
    "Shooting": _NO_DEVICE,
    "Kidnapping": _NO_DEVICE,
    "Kidnap-killing": _NO_DEVICE,
    "Bodily assault": _NO_DEVICE,
    "Rape/sexual assault": _NO_DEVICE,
    "Unknown": Means("unknown", "unknown", "unknown", explosive=False),
}

SETTINGS: Final = {
    "Road": "road",
    "Office/compound": "compound",
    "Home": "settlement",
    "Public location": "other",
    "Project site": "other",
    "Custody": "other",
    "Unknown": "unknown",
}

# The database checks its entries with the organisations concerned. "Yes" is checked; "Pending" is not yet (one row of
# 2025 has it cut short); "Archived" is from before that was recorded, and so is the whole edition of 2016.
CREDIBILITY: Final = {"Yes": 2, "Pending": 3, "Pen": 3, "Archived": 6, "": 6}

# Columns of casualties, and what they count. Those kidnapped are no casualties of ours.
CASUALTIES: Final = {"Total killed": "killed", "Total wounded": "injured"}
