"""One post -> its original in the image store, and the row that says so; or the reason why not."""

import hashlib
import logging
from dataclasses import dataclass

from scraper.config import ScraperConfig
from scraper.errors import NotServed
from scraper.listed import ListedPost
from scraper.safebooru import post_url
from scraper.session import SiteSession
from storage import digest, images
from storage.errors import CorruptFile
from storage.layout import DataLayout
from storage.records import DropReason, Md5Match, Post

logger = logging.getLogger(__name__)

# GIF too: a board's GIFs move, and 256 colors are no original of a drawing that does not.
UNWANTED_EXTENSIONS = {"gif", "webm", "mp4", "m4v", "swf", "zip", "avi", "mov"}
PICTURES = ("png", "jpg", "webp")


@dataclass(frozen=True, slots=True)
class Original:
    """What was served under a post's name."""

    md5: str
    sha256: str
    bytes: int
    extension: str


@dataclass(frozen=True, slots=True)
class Downloader:
    """Fetches the files of posts into the image store."""

    session: SiteSession
    layout: DataLayout
    config: ScraperConfig

    def fetch(self, listed: ListedPost) -> Post:
        """Fetch a post's original, and its line art where there is one."""
        try:
            original = self._original(listed)
        except NotServed as error:
            logger.info("dropped post=%d reason=%s: %s", listed.post_id, error.reason, error)
            return self._row(listed, error.reason, Original("", "", 0, ""), line_md5="")
        return self._row(listed, None, original, self._line_md5(listed))

    def _original(self, listed: ListedPost) -> Original:
        if listed.is_ghost:
            raise NotServed(DropReason.GHOST, "names no picture")
        if listed.extension in UNWANTED_EXTENSIONS:
            raise NotServed(DropReason.UNWANTED_TYPE, listed.file_name)
        known = self._known(listed.site_md5)
        if known:
            return known
        return self._fetch(listed.file_url)

    def _known(self, md5: str) -> Original | None:
        """Find an original that an older post, part or snapshot has fetched already."""
        if not md5:
            return None
        for extension in PICTURES:
            path = self.layout.image(md5, extension)
            if path.exists():
                content = path.read_bytes()
                if hashlib.md5(content).hexdigest() != md5:
                    raise CorruptFile(f"{path}: its bytes have changed; delete it and run again")
                return Original(md5, digest.of_bytes(content), len(content), extension)
        return None

    def _line_md5(self, listed: ListedPost) -> str:
        if not self.config.line_art or not listed.line_url:
            return ""
        try:
            return self._fetch(listed.line_url).md5
        except NotServed as error:
            logger.warning("no line art post=%d: %s", listed.post_id, error)
            return ""

    def _fetch(self, url: str) -> Original:
        # Asked for by the address that the row records, whichever way the site wrote it.
        address = self.session.relative(url)
        content = self.session.fetch(address, max_bytes=self.config.max_bytes)
        kind = sniff(content)
        if kind not in PICTURES:
            reason = DropReason.UNWANTED_TYPE if kind else DropReason.NOT_A_PICTURE
            raise NotServed(reason, f"{url}: begins with {content[:16]!r}")
        md5 = hashlib.md5(content).hexdigest()
        images.keep(self.layout, md5, kind, content)
        return Original(md5, digest.of_bytes(content), len(content), kind)

    def _row(
        self, listed: ListedPost, reason: DropReason | None, original: Original, line_md5: str
    ) -> Post:
        return Post(
            post_id=listed.post_id,
            md5=original.md5,
            reason=reason,
            sha256=original.sha256,
            bytes=original.bytes,
            extension=original.extension,
            width=listed.width,
            height=listed.height,
            site_md5=listed.site_md5,
            md5_match=_match(listed.site_md5, original.md5),
            tags=listed.tags,
            rating=listed.rating,
            score=listed.score,
            source=listed.source,
            owner=listed.owner,
            created_at=listed.created_at,
            changed_at=listed.changed_at,
            parent_id=listed.parent_id,
            has_children=listed.has_children,
            post_url=post_url(listed.post_id),
            file_url=self.session.relative(listed.file_url),
            line_url=self.session.relative(listed.line_url),
            line_md5=line_md5,
        )


def sniff(content: bytes) -> str:
    """Tell a file's type from its first bytes; empty if it is no picture and no video."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if content[4:8] == b"ftyp" or content.startswith(b"\x1aE\xdf\xa3"):
        return "video"
    return "swf" if content[:3] in (b"FWS", b"CWS", b"ZWS") else ""


def _match(stated: str, found: str) -> Md5Match:
    if not stated or not found:
        return Md5Match.NOT_GIVEN
    return Md5Match.MATCH if stated == found else Md5Match.MISMATCH
