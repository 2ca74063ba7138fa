"""The page, as a browser gets it: its files, with headers that keep it to itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from clearway_dashboard.built import Built, File
from clearway_dashboard.settings import DashboardSettings
from clearway_dashboard.signing_in import SignIn
from clearway_platform.web.browsers import wants_a_page
from clearway_platform.web.representation import matches, takes_gzip
from clearway_platform.web.site.page import heading, page, paragraph

# Names of the build's assets have a hash of their content.
_ASSETS: Final = "assets/"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_LOOK_AGAIN: Final = "no-cache"
_PAGE: Final = "index.html"
# The pages that are not part of the first one, with all addresses below theirs.
_OF_THEIR_OWN: Final = {"field": "field.html"}
# The files of the installation's own map.
_TILES: Final = "/map/tiles.pmtiles"
_ROADS: Final = "/map/roads.geojson"
_SECONDS: Final = 3
# The browser's own refresh does nothing at an address with a fragment, and the fragment may hold a key.
_LOOKS_AGAIN: Final = f"setTimeout(() => location.reload(), {_SECONDS * 1000});\n"


def routes(built: Built, settings: DashboardSettings, sign_in: SignIn | None = None) -> list[Route]:
    """The routes of the page: what it needs to know of this installation, and its files and addresses."""
    policy = content_policy(settings, sign_in)
    own_map = {_TILES: settings.tiles_file, _ROADS: settings.dashboard_roads}
    about = {
        "tiles": settings.dashboard_tiles if settings.tiles_file is None else _TILES,
        "roads": None if settings.dashboard_roads is None else _ROADS,
        "disclaimer": settings.dashboard_disclaimer,
        "sign_in": None if sign_in is None else asdict(sign_in),
    }

    async def known(_request: Request) -> Response:
        return JSONResponse(about, headers={"Cache-Control": _LOOK_AGAIN})

    async def serve(request: Request) -> Response:
        path = request.path_params["path"]
        if (file := await asyncio.to_thread(built.find, path)) is not None:
            return _answer(request, file, policy, _FOR_EVER if path.startswith(_ASSETS) else _LOOK_AGAIN)
        if not _is_page(path, request.headers.get("accept", "")):
            raise HTTPException(404)
        file = await asyncio.to_thread(built.find, _OF_THEIR_OWN.get(path.partition("/")[0], _PAGE))
        if file is None:
            return _being_built()
        answer = _answer(request, file, policy, _LOOK_AGAIN)
        answer.headers.add_vary_header("Accept")
        return answer

    return [
        Route("/dashboard.json", known),
        Route("/waiting.js", lambda _request: Response(_LOOKS_AGAIN, media_type="text/javascript")),
        *(Route(path, _file(file)) for path, file in own_map.items() if file is not None),
        Route("/{path:path}", serve),
    ]


def _file(path: Path) -> Callable[[Request], Response]:
    """A file that may be large: it is read as it is sent, and in the parts that are asked for."""
    return lambda _request: FileResponse(path, headers={"Cache-Control": _LOOK_AGAIN})


def content_policy(settings: DashboardSettings, sign_in: SignIn | None = None) -> str:
    """The page loads what this server has, and tiles from the origin of the settings; it asks the issuer, where people
    sign in at one; it can be in no other page."""
    tiles = "" if settings.tiles_origin is None else f" {settings.tiles_origin}"
    issuer = "" if sign_in is None else f" {sign_in.origin}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: blob:{tiles}; connect-src 'self'{tiles}{issuer}; worker-src 'self' blob:; "
        "manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _is_page(path: str, accept: str) -> bool:
    """Whether a page is at the address: a program that mistypes one of the API must be told so."""
    return path in ("", *_OF_THEIR_OWN) or (not path.startswith(_ASSETS) and wants_a_page(accept))


def _answer(request: Request, file: File, policy: str, caching: str) -> Response:
    headers = {
        "Cache-Control": caching,
        "Content-Security-Policy": policy,
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
    }
    if matches(request.headers.get("if-none-match"), file.etag):
        return Response(status_code=304, headers=headers)
    content = file.content
    if file.compressed is not None and takes_gzip(request.headers.get("accept-encoding", "")):
        content, headers["Content-Encoding"] = file.compressed, "gzip"
    return Response(content, headers=headers, media_type=file.media_type)


def _being_built() -> Response:
    return page(
        "Clearway: being built",
        heading("The page is being built"),
        paragraph("This takes a minute or two after the first start. It opens here by itself when it is built."),
        paragraph("Meanwhile the API works, and reports are accepted. If the page does not open, run `make page`."),
        '<script src="/waiting.js"></script>',
        status=503,
        headers={"Retry-After": str(_SECONDS)},
    )
