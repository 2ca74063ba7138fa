"""Every importer there is. A new one is an entry here."""

from __future__ import annotations

from typing import Final

from clearway_incidents.exchange.imports import acled, awsd, ucdp_ged
from clearway_incidents.exchange.imports.importer import Importer

IMPORTERS: Final[tuple[Importer, ...]] = (acled.IMPORTER, awsd.IMPORTER, ucdp_ged.IMPORTER)
