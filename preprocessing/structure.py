"""Is a file all there? What a decoder forgives and the format's own structure does not."""

from collections.abc import Iterator

import deflate

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_OVERHEAD_BYTES = 12
PNG_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
JPEG_START = b"\xff\xd8\xff"
JPEG_SCAN = b"\xda"
JPEG_FILL = b"\xff"
JPEG_END = b"\xff\xd9"
GIF_TRAILER = b";"
RIFF_HEADER_BYTES = 8


def is_whole(content: bytes) -> bool:
    """Whether a picture's file is complete to its end; kinds not known here count as whole.

    A PNG's every chunk is checked against its CRC, a JPEG and a GIF have to end as they should
    (rubbish behind the end of a PNG or JPEG is forgiven), a WebP has to be as long as it says.
    """
    if content.startswith(PNG_SIGNATURE):
        return is_whole_png(content)
    if content.startswith(JPEG_START):
        return _jpeg_ends(content)
    if content.startswith((b"GIF87a", b"GIF89a")):
        return content.rstrip(b"\0").endswith(GIF_TRAILER)
    if content.startswith(b"RIFF"):
        return len(content) >= RIFF_HEADER_BYTES + int.from_bytes(content[4:8], "little")
    return True


def is_whole_png(content: bytes) -> bool:
    """Whether bytes are a PNG, complete to its end, each chunk as its CRC says."""
    if not content.startswith(PNG_SIGNATURE):
        return False
    last = b""
    for name, chunk in _chunks(content):
        if deflate.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            return False
        last = name
    return last == b"IEND"


def only_pixels(png: bytes) -> bytes:
    """Give a whole PNG without all that does not make its pixels.

    Profiles, texts and other odd chunks are what a decoder complains of on stderr.
    """
    kept = (chunk for name, chunk in _chunks(png) if name in PNG_PIXELS)
    return b"".join((PNG_SIGNATURE, *kept))


def has_chunk(png: bytes, name: bytes) -> bool:
    """Whether a PNG has a chunk of a name."""
    return any(each == name for each, _ in _chunks(png))


def _chunks(png: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Walk over the names and bytes of a PNG's complete chunks, to its end."""
    place, name = len(PNG_SIGNATURE), b""
    while name != b"IEND" and place + PNG_OVERHEAD_BYTES <= len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        end = place + PNG_OVERHEAD_BYTES + length
        if end > len(png):
            return
        name = png[place + 4 : place + 8]
        yield name, memoryview(png)[place:end]
        place = end


def _jpeg_ends(content: bytes) -> bool:
    # A thumbnail in the header has an end of its own: only one behind the header counts.
    place = len(JPEG_END)
    while content[place : place + 1] == b"\xff":
        if content[place + 1 : place + 2] in (JPEG_SCAN, JPEG_FILL):
            break
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    # Sought from behind, where it nearly always is.
    return content.rfind(JPEG_END, place) >= 0
