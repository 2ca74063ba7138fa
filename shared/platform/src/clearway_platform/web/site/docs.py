"""The documentation of the API, to read and to try. All files are local: it works without the internet."""

from __future__ import annotations

from importlib import resources
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from clearway_platform.refusals import NotFound

_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Clearway API</title><link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png"></head>
<body><div id="ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/docs.js"></script>
</body></html>
"""
_SWAGGER: Final = "fastapi_swagger"
_FILES: Final = {
    "swagger-ui-bundle.js": (_SWAGGER, "resources", "text/javascript"),
    "swagger-ui.css": (_SWAGGER, "resources", "text/css"),
    "favicon-32x32.png": (_SWAGGER, "resources", "image/png"),
    "docs.js": (__package__, "", "text/javascript"),
    "clearway.css": (__package__, "", "text/css"),
}


async def docs(_request: Request) -> Response:
    return HTMLResponse(_PAGE)


async def file(request: Request) -> Response:
    """One file of the pages, by name."""
    name = request.path_params["name"]
    if name not in _FILES:
        raise NotFound(name, "file")
    package, folder, media_type = _FILES[name]
    content = resources.files(package).joinpath(folder, name).read_bytes()
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=86400"})
