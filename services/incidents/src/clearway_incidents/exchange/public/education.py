"""Risk education for civilians: the same areas in plain words, and what to do there.

The words are our own. They say what mine-action organisations teach everyone: do not approach, do not touch, go back
the way you came, report. They say nothing of how a device works.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

from clearway_incidents.domain.public.counting import HazardKind
from clearway_incidents.domain.public.editions import Shown
from clearway_incidents.domain.public.publication import EditionOf, Language
from clearway_incidents.exchange.public.areas import area_feature, metadata, region_feature, standing


@dataclass(frozen=True, slots=True)
class _Words:
    """The texts of one language. `report` is followed by the contact."""

    anywhere: str
    here: str
    kinds: Mapping[HazardKind, str]
    stands: str
    may_stand: str
    around: str
    empty_is_not_safe: str
    what_to_do: tuple[str, ...]
    report: str


_WORDS: Final = {
    Language.EN: _Words(
        "Explosive hazards can be anywhere in this region.",
        "Explosive hazards were reported in this area.",
        {
            HazardKind.LANDMINES: "Landmines were reported.",
            HazardKind.ORDNANCE: "Unexploded shells, bombs or ammunition were reported.",
            HazardKind.DEVICES: "Improvised explosive devices were reported.",
            HazardKind.OTHER: "Other explosive hazards were reported.",
        },
        "Known hazards are still there.",
        "Hazards may still be there.",
        "They can be anywhere in the area, and just outside of it.",
        "A place where nothing was reported is not a safe place.",
        (
            "Stay away from dangerous and unknown ground. Use roads and paths that people use every day.",
            "Do not approach what you do not know. Do not touch it.",
            "Do not throw anything at it, and do not burn anything near it.",
            "If you see something suspicious: stop, warn the others, and go back the way you came.",
            "If you cannot go back safely: stay where you are and call for help.",
            "Do not pass signs and marks that warn of a danger, and do not remove them.",
            "Tell children: do not pick up what you find, and do not play with it.",
        ),
        "Remember the place and report it:",
    ),
    Language.FR: _Words(
        "Il peut y avoir des engins explosifs partout dans cette région.",
        "Des engins explosifs ont été signalés dans cette zone.",
        {
            HazardKind.LANDMINES: "Des mines ont été signalées.",
            HazardKind.ORDNANCE: "Des obus, des bombes ou des munitions non explosés ont été signalés.",
            HazardKind.DEVICES: "Des engins explosifs improvisés ont été signalés.",
            HazardKind.OTHER: "D'autres engins explosifs ont été signalés.",
        },
        "Des dangers connus y sont encore.",
        "Il peut encore y avoir des dangers.",
        "Ils peuvent être partout dans la zone, et juste à côté.",
        "Un endroit où rien n'a été signalé n'est pas un endroit sûr.",
        (
            "Évitez les terrains dangereux ou inconnus. Prenez les routes et les chemins utilisés tous les jours.",
            "N'approchez pas de ce que vous ne connaissez pas. N'y touchez pas.",
            "Ne jetez rien dessus, et ne brûlez rien à côté.",
            "Si vous voyez quelque chose de suspect : arrêtez-vous, prévenez les autres, repartez par le même chemin.",
            "Si vous ne pouvez pas repartir sans danger : restez sur place et appelez à l'aide.",
            "Ne dépassez pas les panneaux et les marques qui signalent un danger, et ne les enlevez pas.",
            "Dites aux enfants : ne ramassez pas ce que vous trouvez, et ne jouez pas avec.",
        ),
        "Retenez l'endroit et signalez-le :",
    ),
}


def as_education(edition: EditionOf, language: Language) -> bytes:
    words = _WORDS[language]
    everywhere = _said([words.anywhere, words.empty_is_not_safe], "unknown")
    features = [region_feature(edition, everywhere)]
    features += [area_feature(area, _said(_known(area, words), standing(area))) for area in edition.areas]
    advice = [*words.what_to_do, f"{words.report} {edition.publication.contact}"]
    about = metadata(edition) | {"language": language.value, "what_to_do": advice}
    return to_json({"type": "FeatureCollection", "metadata": about, "features": features})


def _said(known: list[str], stands: str) -> dict[str, Any]:
    headline, *rest = known
    return {"headline": headline, "known": rest, "hazards_standing": stands}


def _known(area: Shown, words: _Words) -> list[str]:
    kinds = [words.kinds[kind] for kind in area.kinds]
    return [words.here, *kinds, words.stands if area.stands else words.may_stand, words.around]
