"""The notices service: what hangs on a mission's board, until the process ends."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from clearway_notices.permissions import PERMISSIONS, POST, READ
from clearway_notices.settings import NoticesSettings
from clearway_platform.auth.principals import Principal
from clearway_platform.service import Parts, Platform, Service
from clearway_platform.web.access import require
from clearway_platform.web.app import create_app


class Notice(BaseModel, extra="forbid"):
    text: str


def build(platform: Platform) -> Parts:
    heading = platform.settings_of(NoticesSettings).notice_heading
    app = create_app(
        title="Clearway notices",
        description="A mission's board.",
        platform=platform,
        tags={"Notices": "What hangs on the board."},
    )
    app.include_router(_router())

    async def page(_request: Request) -> Response:
        return HTMLResponse(f"<!doctype html><title>{heading}</title><h1>{heading}</h1>")

    app.router.routes += [Route("/board", page), Route("/board/{name}", page)]
    return Parts(app)


def _router() -> APIRouter:
    router = APIRouter(tags=["Notices"])
    posted: list[Notice] = []

    @router.get("/v1/notices", operation_id="notices.list", summary="List the notices")
    async def list_notices(_principal: Annotated[Principal, Depends(require(READ))]) -> list[Notice]:
        return posted

    @router.post("/v1/notices", operation_id="notices.post", summary="Post a notice", status_code=201)
    async def post_notice(notice: Notice, _principal: Annotated[Principal, Depends(require(POST))]) -> Notice:
        posted.append(notice)
        return notice

    @router.get(
        "/v1/notice-events",
        operation_id="notices.stream",
        summary="Follow the notices",
        response_class=Response,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def stream(_principal: Annotated[Principal, Depends(require(READ))], last: int = 0) -> Response:
        async def events() -> AsyncIterator[str]:
            for number, notice in enumerate(posted[-last:]):
                yield f"id: {number}\nevent: notice.posted\ndata: {json.dumps({'text': notice.text})}\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    return router


service: Final = Service(
    name="notices",
    mounts=("/board", "/v1/notices", "/v1/notice-events"),
    build=build,
    settings=NoticesSettings,
    permissions=PERMISSIONS,
)
