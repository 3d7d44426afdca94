"""One post -> its original in the image store, and the row that says so; or the reason why not."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scraper.config import ScraperConfig
from scraper.errors import NotServed
from scraper.journal import Answer, Journal
from scraper.known import KnownPosts, answer_of
from scraper.listed import ListedPost
from scraper.safebooru import post_url
from scraper.session import SiteSession
from scraper.sniffing import PICTURES, sniff
from storage import digest, images
from storage.errors import CorruptFile
from storage.layout import DataLayout
from storage.records import DropReason, Md5Match, Post
from storage.takedowns import Takedowns

logger = logging.getLogger(__name__)

# GIF too: a board's GIFs move, and 256 colors are no original of a drawing that does not.
UNWANTED_EXTENSIONS = {"gif", "webm", "mp4", "m4v", "swf", "zip", "avi", "mov"}


@dataclass(frozen=True, slots=True)
class Downloader:
    """Fetches the files of posts into the image store, each once."""

    session: SiteSession
    layout: DataLayout
    config: ScraperConfig
    taken_down: Takedowns
    known: KnownPosts
    look: int
    """The number of this look at the site."""

    def fetch(self, listed: ListedPost, known: Sequence[Post], journal: Journal) -> Post:
        """Fetch what is not there yet of a post's original and of its line art.

        Args:
            listed: the post as the site lists it now.
            known: the post's rows in the snapshot before, the present one first, which is trusted
                where nothing changed; behind it those of originals that were replaced.
            journal: what the site answered already for this page.
        """
        before = known[0] if known else None
        try:
            original = self._kept(listed, before) or self._original(listed, journal)
        except NotServed as error:
            logger.info("dropped post=%d reason=%s: %s", listed.post_id, error.reason, error)
            if before and error.reason is DropReason.TAKEN_DOWN:
                row = self._row(listed, known, answer_of(before), reason=error.reason)
                return replace(row, line_md5=before.line_md5)
            return self._row(listed, known, Answer(), reason=error.reason)
        lines = self._line_md5(listed, _settled(known, original), journal)
        return self._row(listed, known, original, line_md5=lines)

    def _kept(self, listed: ListedPost, before: Post | None) -> Answer | None:
        """Give a known post's original as it was, unless it has to be asked for (again)."""
        if self.taken_down.cover(self.config.site, listed.post_id, listed.site_md5):
            raise NotServed(DropReason.TAKEN_DOWN, "removed on request")
        if before is None or listed.is_ghost or _is_replaced(listed, before):
            return None
        if self.taken_down.has(before.md5):
            raise NotServed(DropReason.TAKEN_DOWN, "its bytes were removed on request")
        if before.md5:
            return answer_of(before) if self._is_there(before.md5, before.extension) else None
        if before.reason is None or before.reason in self.known.healing(self.config):
            return None
        raise NotServed(before.reason, "as the snapshot before found")

    def _original(self, listed: ListedPost, journal: Journal) -> Answer:
        if listed.is_ghost:
            raise NotServed(DropReason.GHOST, "names no picture")
        if listed.extension in UNWANTED_EXTENSIONS:
            raise NotServed(DropReason.UNWANTED_TYPE, listed.file_name)
        name, max_bytes = listed.site_md5, self.config.max_bytes
        answer = self._stored(name) or self._fetch(listed.file_url, journal, name)
        # Another dataset below the root may have wanted larger ones.
        if answer.bytes > max_bytes:
            raise NotServed(DropReason.TOO_LARGE, f"{listed.file_url}: more than {max_bytes} bytes")
        return answer

    def _stored(self, site_md5: str) -> Answer | None:
        """Find an original that an older post, part or snapshot has fetched already."""
        if not site_md5:
            return None
        served = self.known.served.get(site_md5)
        if served and self._is_there(served.md5, served.extension):
            return served
        extension = images.find(self.layout, site_md5, PICTURES)
        if extension is None:
            return None
        path = self.layout.image(site_md5, extension)
        content = path.read_bytes()
        if digest.md5_of(content) != site_md5:
            raise CorruptFile(f"{path}: its bytes have changed; delete it and run again")
        return Answer(site_md5, digest.of_bytes(content), len(content), extension)

    def _is_there(self, md5: str, extension: str) -> bool:
        return self.layout.image(md5, extension).exists()

    def _line_md5(self, listed: ListedPost, settled: Post | None, journal: Journal) -> str:
        if not self.config.line_art:
            return ""
        places = ("", settled.line_url if settled else "")
        if settled and settled.line_md5 and self.session.relative(listed.line_url) in places:
            line_md5 = settled.line_md5
            # What was removed stays in the row, so that it is never asked for again.
            is_removed = self.taken_down.has(line_md5)
            if is_removed or self._is_there(line_md5, images.LINE_EXTENSION):
                return line_md5
        if not listed.line_url:
            return ""
        try:
            lines = self._fetch(listed.line_url, journal)
        except NotServed as error:
            logger.warning("no line art post=%d: %s", listed.post_id, error)
            return ""
        return lines.md5 if lines.extension == images.LINE_EXTENSION else ""

    def _fetch(self, url: str, journal: Journal, stated_md5: str = "") -> Answer:
        # Asked for by the address that the row records, whichever way the site wrote it.
        address = self.session.relative(url)
        # What the site states otherwise since is another picture under the same address.
        name = f"{address} {stated_md5}".rstrip()
        answer = journal.find(name)
        is_lost = answer and not answer.reason and not self._is_there(answer.md5, answer.extension)
        if answer is None or is_lost:
            answer = self._ask(address, journal, name)
        if answer.reason:
            raise NotServed(answer.reason, f"{url}: not taken")
        return answer

    def _ask(self, address: str, journal: Journal, name: str) -> Answer:
        try:
            content = self.session.fetch(address, max_bytes=self.config.max_bytes)
        except NotServed as error:
            # A site that cannot be reached may be, when the run goes on.
            if error.reason is not DropReason.UNREACHABLE:
                journal.note(name, Answer(reason=error.reason))
            raise
        return journal.note(name, self._keep(content))

    def _keep(self, content: bytes) -> Answer:
        kind = sniff(content)
        if kind not in PICTURES:
            return Answer(reason=DropReason.UNWANTED_TYPE if kind else DropReason.NOT_A_PICTURE)
        md5 = digest.md5_of(content)
        if self.taken_down.has(md5):
            return Answer(reason=DropReason.TAKEN_DOWN)
        images.keep(self.layout, md5, kind, content)
        return Answer(md5, digest.of_bytes(content), len(content), kind)

    def _row(
        self,
        listed: ListedPost,
        known: Sequence[Post],
        original: Answer,
        *,
        reason: DropReason | None = None,
        line_md5: str = "",
    ) -> Post:
        # What is settled stays: the look that brought the original, and the parent it had then.
        settled = _settled(known, original)
        # The site's pages tell neither.
        site_md5 = listed.site_md5 or (settled.site_md5 if settled else "")
        line_url = self.session.relative(listed.line_url) or (settled.line_url if settled else "")
        return Post(
            post_id=listed.post_id,
            md5=original.md5,
            reason=reason,
            sha256=original.sha256,
            bytes=original.bytes,
            extension=original.extension,
            width=listed.width,
            height=listed.height,
            site_md5=site_md5,
            md5_match=_match(site_md5, original.md5),
            tags=listed.tags,
            rating=listed.rating,
            score=listed.score,
            source=listed.source,
            owner=listed.owner,
            created_at=listed.created_at,
            changed_at=listed.changed_at,
            parent_id=settled.parent_id if settled else listed.parent_id,
            has_children=listed.has_children,
            post_url=post_url(listed.post_id),
            file_url=self.session.relative(listed.file_url),
            line_url=line_url,
            line_md5=line_md5,
            arrival=settled.arrival if settled else self.look,
        )


def _settled(known: Sequence[Post], original: Answer) -> Post | None:
    """Give the row of the look before that has the same original."""
    return next((row for row in known if row.md5 == original.md5), None)


def _is_replaced(listed: ListedPost, before: Post) -> bool:
    """Whether the site states another picture than it did."""
    stated = (listed.site_md5, before.site_md5)
    return all(stated) and listed.site_md5 != before.site_md5


def _match(stated: str, found: str) -> Md5Match:
    if not stated or not found:
        return Md5Match.NOT_GIVEN
    return Md5Match.MATCH if stated == found else Md5Match.MISMATCH
