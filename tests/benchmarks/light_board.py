"""A board of tiny pictures: it costs next to nothing to serve, however many posts it has."""

import hashlib
import re
import struct
import zlib
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

SIDE = 8
PIXELS = zlib.compress((b"\0" + bytes(range(3 * SIDE))) * SIDE)
BOUND = re.compile(r"id:<(\d+)")
DIRECTORY = 1


def picture(post_id: int) -> bytes:
    """Give a post's PNG: the same few pixels, and a comment of its own."""
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    comment = b"Comment\0post " + str(post_id).encode()
    chunks = ((b"IHDR", header), (b"tEXt", comment), (b"IDAT", PIXELS), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def build_light_board(posts: int) -> Starlette:
    """Build the app of a board with posts 1 to this many."""

    def file(request: Request) -> Response:
        # A file's name begins with its post's id.
        return Response(picture(int(request.path_params["name"].split("-")[0])), 200, PNG)

    return build_board_of(posts, _post, Route(f"/images/{DIRECTORY}/{{name}}", file))


def build_board_of(posts: int, post: Callable[[str, int], str], files: BaseRoute) -> Starlette:
    """Build the app of a board: `post` gives one as XML, by the board's address and its id."""

    def index(request: Request) -> Response:
        asked = request.query_params
        bound = BOUND.search(asked.get("tags", ""))
        newest = min(posts, int(bound.group(1)) - 1) if bound else posts
        limit = int(asked.get("limit", 100))
        first = newest - int(asked.get("pid", 0)) * limit
        address = str(request.base_url).rstrip("/")
        lines = [post(address, post_id) for post_id in range(first, max(0, first - limit), -1)]
        text = f'<posts count="{newest}" offset="{newest - first}">{"".join(lines)}</posts>'
        return Response(text, headers={"content-type": "text/xml;charset=UTF-8"})

    def robots(_: Request) -> Response:
        return PlainTextResponse("", 404)

    return Starlette(
        routes=[
            Route("/index.php", index),
            Route("/robots.txt", robots),
            files,
        ]
    )


PNG = {"content-type": "image/png"}


def _post(address: str, post_id: int) -> str:
    md5 = hashlib.md5(picture(post_id)).hexdigest()
    return (
        f'<post id="{post_id}" md5="{md5}" width="{SIDE}" height="{SIDE}" score="" rating="s"'
        f' tags=" tiny " file_url="{address}/images/{DIRECTORY}/{post_id}-{md5}.png" source=""'
        ' parent_id="" has_children="false" creator_id="1" status="active"'
        ' change="1704067200" created_at="Mon Jan 01 00:00:00 +0000 2024" />\n'
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
