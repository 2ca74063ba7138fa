"""Which Clearway this is: the version of the installed distribution, the one source for every place that shows it."""

import platform
from importlib.metadata import version
from typing import Final

from prometheus_client import Info

VERSION: Final = version("clearway-platform")

BUILD: Final = Info("clearway_build", "The version that runs")
BUILD.info({"version": VERSION, "python": platform.python_version()})
