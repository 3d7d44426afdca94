"""Is a file all there? What a decoder forgives and the format's own structure does not."""

import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_OVERHEAD_BYTES = 12
JPEG_END = b"\xff\xd9"
GIF_TRAILER = b";"
RIFF_HEADER_BYTES = 8


def is_whole(content: bytes) -> bool:
    """Whether a picture's file is complete to its end; kinds not known here count as whole.

    A PNG's every chunk is checked against its CRC, a JPEG and a GIF have to end as they should
    (rubbish behind the end is forgiven), a WebP has to be as long as it says.
    """
    if content.startswith(PNG_SIGNATURE):
        return _png_ends(content)
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG_END in content[2:]
    if content.startswith((b"GIF87a", b"GIF89a")):
        return content.rstrip(b"\0").endswith(GIF_TRAILER)
    if content.startswith(b"RIFF"):
        return len(content) >= RIFF_HEADER_BYTES + int.from_bytes(content[4:8], "little")
    return True


def _png_ends(content: bytes) -> bool:
    place = len(PNG_SIGNATURE)
    while place + PNG_OVERHEAD_BYTES <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        end = place + PNG_OVERHEAD_BYTES + length
        name_and_body = memoryview(content)[place + 4 : end - 4]
        if zlib.crc32(name_and_body) != int.from_bytes(content[end - 4 : end], "big"):
            return False
        if content[place + 4 : place + 8] == b"IEND":
            return True
        place = end
    return False
