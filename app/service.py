"""The page and the HTTP API, on one machine: bounded, one model, one request at a time.

What a request does is in studio.py; here it is only let in, timed, and answered. Nothing is kept
of what comes in.
"""

import asyncio
import logging
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import studio
from app.bounds import BoundedBody, Bounds, Busy, Gone, OwnPages, Turns
from app.config import DEFAULT_REACH_PX
from app.models import Models
from app.openraster import MIMETYPE
from app.studio import Order
from storage.errors import BadInput, IrodoriError, MissingInput

logger = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"
HEADERS = {
    # Nothing is loaded from anywhere else, whatever a file may say.
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; frame-ancestors"
    " 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STATUS = {MissingInput: 404, BadInput: 400, IrodoriError: 500}
FAILED, BUSY, TOO_SLOW, UNPROCESSABLE = 500, 503, 504, 422
GONE = 499
"""Nobody reads it; as nginx counts them."""

MODEST: dict[str, Any] = {"ge": -(10**9), "le": 10**9}
"""Numbers of hundreds of digits are nobody's wish."""
Upload = Annotated[UploadFile, File(description="line art: PNG, JPEG, WebP, GIF or BMP")]
Strokes = Annotated[UploadFile | None, File(description="strokes on a clear layer: PNG with alpha")]
Key = Annotated[str, Form(description="a model's key; empty for the newest")]
Reach = Annotated[float, Form(description="how far strokes run out, px at 256; 0: not at all")]
Number = Annotated[int, Form(description="other noise, for models that heed it", **MODEST)]
Turn = Annotated[int, Form(description="degrees by which the strokes' hues are turned", **MODEST)]
Longest = Annotated[int, Form(description="longest side of the answer, px; 0: the drawing's own")]
Scan = Annotated[bool, Form(description="whether to clean a scan or photo first")]


def build(at_hand: Models, hosts: list[str], bounds: Bounds | None = None) -> FastAPI:
    """Give the application; it answers to these host names only, within bounds."""
    bounds = bounds or Bounds()
    app = FastAPI(
        title="Irodori",
        summary="Line art and strokes in, a coloured picture out.",
        openapi_url="/api/openapi.json",
        # Their pages would be loaded from elsewhere; docs/app.md has the words.
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(BoundedBody, max_bytes=bounds.max_bytes)
    app.add_middleware(OwnPages)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(_InOurWords)
    _answer_errors(app)
    _add_page(app)
    _add_api(app, at_hand, Turns(bounds))
    return app


async def _order(  # noqa: PLR0913 -- one a field of the form
    request: Request,
    lines: Upload,
    hints: Strokes = None,
    model: Key = "",
    reach_px: Reach = DEFAULT_REACH_PX,
    variant: Number = 0,
    turn: Turn = 0,
    max_px: Longest = 0,
    clean: Scan = False,
) -> Order:
    known = [field.name for field in fields(Order)]
    strange = sorted((await request.form()).keys() - set(known))
    if strange:
        raise BadInput(f"{strange[0]}: is no field of a wish; there are {', '.join(known)}")
    painted = await hints.read() if hints else None
    content = await lines.read()
    return Order(content, painted or None, model, reach_px, variant, turn, max_px, clean)


Ordered = Annotated[Order, Depends(_order)]


def _add_page(app: FastAPI) -> None:
    @app.api_route("/", methods=["GET", "HEAD"], include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    app.mount("/page", StaticFiles(directory=PAGE), name="page")


def _add_api(app: FastAPI, at_hand: Models, turns: Turns) -> None:
    """Add what can be asked for; every answer that needs a model waits for its turn."""
    png: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}
    ora: dict[int | str, dict[str, Any]] = {200: {"content": {MIMETYPE: {}}}}

    @app.get("/api/models", summary="The models at hand, the newest first")
    async def models() -> list[dict[str, Any]]:
        return await asyncio.to_thread(studio.list_models, at_hand)

    @app.post("/api/lines", summary="A drawing as it will be coloured", responses=png)
    async def lines(request: Request, order: Ordered) -> Response:
        return Response(
            await turns.take(partial(studio.lines, order), request.is_disconnected),
            media_type="image/png",
        )

    @app.post("/api/colorize", summary="A coloured drawing", responses=png)
    async def colorize(request: Request, order: Ordered) -> Response:
        content = await turns.take(
            partial(studio.colorize, at_hand, order), request.is_disconnected
        )
        return Response(content, media_type="image/png")

    @app.post("/api/openraster", summary="A coloured drawing in layers", responses=ora)
    async def openraster(request: Request, order: Ordered) -> Response:
        content = await turns.take(
            partial(studio.openraster, at_hand, order), request.is_disconnected
        )
        return Response(content, media_type=MIMETYPE)

    @app.post("/api/variants", summary="Other answers that really differ")
    async def variants(request: Request, order: Ordered) -> dict[str, Any]:
        return await turns.take(partial(studio.vary, at_hand, order), request.is_disconnected)

    @app.post("/api/palette", summary="The main colours of a picture")
    async def palette(request: Request, picture: Upload) -> list[str]:
        content = await picture.read()
        return await turns.take(partial(studio.palette, content), request.is_disconnected)


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(IrodoriError)
    async def refuse(_: Request, error: Exception) -> JSONResponse:
        status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        return JSONResponse({"error": str(error)}, status)

    @app.exception_handler(HTTPException)
    async def pass_on(_: Request, error: Exception) -> JSONResponse:
        told = cast(HTTPException, error)
        return JSONResponse({"error": told.detail}, told.status_code, headers=told.headers)

    @app.exception_handler(RequestValidationError)
    async def misunderstand(_: Request, error: Exception) -> JSONResponse:
        first = cast(RequestValidationError, error).errors()[0]
        return JSONResponse({"error": f"{first['loc'][-1]}: {first['msg']}"}, UNPROCESSABLE)

    @app.exception_handler(Busy)
    async def put_off(*_: object) -> JSONResponse:
        told = {"error": "busy with other drawings; try again in a moment"}
        return JSONResponse(told, BUSY, headers={"Retry-After": "2"})

    @app.exception_handler(Gone)
    async def let_go(*_: object) -> Response:
        return Response(status_code=GONE)

    @app.exception_handler(TimeoutError)
    async def give_up(*_: object) -> JSONResponse:
        return JSONResponse({"error": "took too long; try a smaller drawing"}, TOO_SLOW)


class _InOurWords:
    """Adds headers to every answer, and answers what nobody foresaw in the shape of other errors.

    By hand, since Starlette's ways hide who has gone, and tell no page what failed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def told(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception as error:
            if has_begun or scope["type"] != "http":
                raise
            logger.exception("failed path=%s", scope["path"])
            answer = JSONResponse(
                {"error": f"failed ({type(error).__name__}); see the log"}, FAILED
            )
            await answer(scope, receive, told)
