"""The version of this Clearway: that of the installed distribution, for all code that shows it."""

import platform
from importlib.metadata import version
from typing import Final

from prometheus_client import Info

VERSION: Final = version("clearway-platform")

BUILD: Final = Info("clearway_build", "The running version")
BUILD.info({"version": VERSION, "python": platform.python_version()})
