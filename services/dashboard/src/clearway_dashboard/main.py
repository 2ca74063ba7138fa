"""The dashboard service, as the runtime finds it."""

from pathlib import Path
from typing import Final

from clearway_dashboard.built import Built
from clearway_dashboard.serving import routes
from clearway_dashboard.settings import DashboardSettings
from clearway_dashboard.signing_in import SignIn
from clearway_platform.service import Parts, Platform, Service
from clearway_platform.web.app import create_app

BUILT: Final = Path(__file__).parent / "built"


def build(platform: Platform) -> Parts:
    app = create_app(
        title="Clearway dashboard", description="A page: it uses the API of the other services.", platform=platform
    )
    settings = platform.settings_of(DashboardSettings)
    app.router.routes += routes(Built(BUILT), settings, SignIn.of(platform.settings, settings))
    return Parts(app)


service: Final = Service(
    name="dashboard", mounts=("/",), build=build, settings=DashboardSettings, signs_in_at="/#key={key}"
)
