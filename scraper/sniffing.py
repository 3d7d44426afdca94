"""What a file is, by its first bytes; its name and its declared type are not believed."""

PICTURES = ("png", "jpg", "webp", "bmp")
"""The types that are taken."""

BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"FWS", "swf"),
    (b"CWS", "swf"),
    (b"ZWS", "swf"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"8BPS", "psd"),
)


def sniff(content: bytes) -> str:
    """Tell a file's type; empty if it is no picture and no video."""
    # Two letters are few, so what has to be zero behind them is looked at too.
    if content[:2] == b"BM" and content[6:10] == bytes(4):
        return "bmp"
    if content[:4] == b"RIFF":
        return {b"WEBP": "webp", b"AVI ": "video"}.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return "avif" if content[8:12] in (b"avif", b"avis") else "video"
    return next((kind for first, kind in BEGINNINGS if content.startswith(first)), "")
