"""The board as an ASGI app: which address answers what. What it holds is the collection's."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from scraper.sample_booru import dapi, pages
from scraper.sample_booru.collection import Entry, Kind, parents
from scraper.sample_booru.gallery import Gallery
from scraper.sample_booru.search import search

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
MAX_OFFSET = 200_000
"""Searches are refused beyond this depth."""

MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
ROBOTS = "User-agent: *\nDisallow: /index.php?page=account\n"
LIST_PAGE = "/index.php?page=post&s=list&tags=all"


def build_board(posts: int) -> Starlette:
    """Build the app of a board with this many posts."""
    gallery, families = Gallery(posts), parents(posts)

    def listing(request: Request) -> dapi.Listing:
        return dapi.Listing(str(request.base_url).rstrip("/"), gallery, families)

    def index(request: Request) -> Response:
        asked = (request.query_params.get("page", ""), request.query_params.get("s", ""))
        answer = ANSWERS.get(asked)
        return answer(listing(request), request) if answer else RedirectResponse(LIST_PAGE)

    def file(request: Request) -> Response:
        return _file(gallery, request)

    def robots(_: Request) -> Response:
        return PlainTextResponse(ROBOTS)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/index.php", index),
            Route("/robots.txt", robots),
            Route("/{kind}/{directory:int}/{name}", file),
            # The site's pages write two slashes after the host.
            Route("//{kind}/{directory:int}/{name}", file),
        ]
    )


def _posts(listing: dapi.Listing, request: Request) -> Response:
    asked = request.query_params
    limit = min(_number(asked.get("limit"), DEFAULT_LIMIT), MAX_LIMIT)
    offset = _number(asked.get("pid"), 0) * limit
    if offset > MAX_OFFSET:
        return _xml(dapi.refusal_xml())
    query = asked.get("tags", "").strip()
    # The site heeds `id` only where no tags are given.
    if not query and asked.get("id", "").isdigit():
        query = f"id:{asked['id']}"
    found = search(listing.gallery.entries, query)
    page = found[offset : offset + limit]
    if asked.get("json") == "1":
        # The site labels its JSON so; a reader has to look at the body.
        return HTMLResponse(dapi.posts_json(listing, page))
    return _xml(dapi.posts_xml(listing, page, len(found), offset))


def _tags(listing: dapi.Listing, request: Request) -> Response:
    limit = min(_number(request.query_params.get("limit"), DEFAULT_LIMIT), MAX_LIMIT)
    pattern = request.query_params.get("name_pattern", "")
    return _xml(dapi.tags_xml(listing.gallery.entries, pattern, limit))


def _dapi(listing: dapi.Listing, request: Request) -> Response:
    return (_tags if request.query_params.get("s") == "tag" else _posts)(listing, request)


def _list_page(listing: dapi.Listing, request: Request) -> Response:
    query = request.query_params.get("tags", "").strip()
    offset = _number(request.query_params.get("pid"), 0)
    found = search(listing.gallery.entries, query)
    return HTMLResponse(pages.list_page(listing, found, query, offset))


def _post_page(listing: dapi.Listing, request: Request) -> Response:
    wanted = _number(request.query_params.get("id"), 0)
    found = search(listing.gallery.entries, f"id:{wanted}")
    if not found or found[0].kind is Kind.GHOST:
        return RedirectResponse(LIST_PAGE)
    return HTMLResponse(pages.post_page(listing, found[0]))


ANSWERS: dict[tuple[str, str], Callable[[dapi.Listing, Request], Response]] = {
    ("dapi", "post"): _dapi,
    ("dapi", "tag"): _dapi,
    ("post", "list"): _list_page,
    ("post", "view"): _post_page,
}


def _file(gallery: Gallery, request: Request) -> Response:
    kind, name = request.path_params["kind"], request.path_params["name"]
    prefixes = {"samples": "sample_", "thumbnails": "thumbnail_"}
    stem, _, extension = name.removeprefix(prefixes.get(kind, "")).rpartition(".")
    entry = gallery.find(request.path_params["directory"], stem)
    content = _content(gallery, kind, entry, extension) if entry else None
    if content is None:
        return PlainTextResponse("404 Not Found", status_code=404)
    media_type = "text/html" if _is_page(entry, kind) else MEDIA_TYPES[extension]
    return Response(content, media_type=media_type)


def _content(gallery: Gallery, kind: str, entry: Entry, extension: str) -> bytes | None:
    if kind == "images" and extension == entry.extension:
        return gallery.original(entry)
    if kind == "samples":
        return gallery.sample(entry)
    if kind == "thumbnails":
        return gallery.thumbnail(entry)
    return gallery.line(entry) if kind == "lines" and entry.has_line else None


def _is_page(entry: Entry | None, kind: str) -> bool:
    return kind == "images" and entry is not None and entry.kind is Kind.PAGE


def _xml(text: str) -> Response:
    return Response(text, headers={"content-type": "text/xml;charset=UTF-8"})


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
