"""The board's HTML pages, built as the site builds them, so that one reader reads both."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from urllib.parse import quote_plus

from scraper.sample_booru.collection import Entry, Kind
from scraper.sample_booru.dapi import Listing
from scraper.sample_booru.gallery import SAMPLE_WIDTH

POSTS_A_PAGE = 42
MAX_SIDEBAR_TAGS = 25
NOTHING = "Nobody here but us chickens!"

STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.2em auto; max-width: 1220px; color: #222;
 padding: 0 1em; background: #fafafa }
h1 { font-size: 1.5em } h5 { font-size: 1em; margin: 1.2em 0 .3em }
a { color: #1559a0; text-decoration: none } a:hover { text-decoration: underline }
#header a { color: inherit }
#post-list, #post-view { display: flex; gap: 2em; align-items: flex-start }
.sidebar { flex: 0 0 14em; overflow-wrap: anywhere } ul { list-style: none; padding: 0; margin: 0 }
.tag-search form { display: flex; gap: .4em } .tag-search input[type=text] { width: 100% }
.tag-count, #footer { color: #777 }
.image-list { display: flex; flex-wrap: wrap; gap: 8px }
.thumb { width: 158px; height: 158px; display: flex; align-items: center; justify-content: center }
.thumb img, #image { background: #fff; box-shadow: 0 0 3px #bbb; max-width: 100% }
.thumb a:hover img { box-shadow: 0 0 6px #1559a0 }
#paginator { margin: 1.5em 0 } .pagination > * { padding: .2em .5em }
#stats + ul { margin-top: 1.2em } #footer { margin-top: 2em; font-size: .9em }
"""


def list_page(listing: Listing, found: Sequence[Entry], query: str, offset: int) -> str:
    """Show one page of thumbnails, with the tags on it and the way to the other pages."""
    shown = found[offset : offset + POSTS_A_PAGE]
    thumbs = "".join(_thumb(listing, entry) for entry in shown if entry.kind is not Kind.GHOST)
    counts = Counter(tag for entry in shown for tag in entry.tags)
    tags = [tag for tag, _ in counts.most_common(MAX_SIDEBAR_TAGS)]
    return _page(
        listing,
        f"""<div id="post-list">
<div class="sidebar">{_search_box(query)}{_sidebar(sorted(tags), counts)}</div>
<div class="content"><div class="image-list">{thumbs or f"<h1>{NOTHING}</h1>"}</div>
<div id="paginator">{_pagination(len(found), query, offset)}</div></div></div>""",
    )


def post_page(listing: Listing, entry: Entry) -> str:
    """Show one post: the picture, its tags, its facts, and the link to the original."""
    original = _doubled(listing.url("images", entry), listing, entry)
    shown = _doubled(listing.shown_url(entry), listing, entry)
    head = f'<meta property="og:image" itemprop="image" content="{original}" />'
    line = f'<li><a href="{listing.url("lines", entry)}">Line art</a></li>' * entry.has_line
    return _page(
        listing,
        f"""<div id="post-view"><div class="sidebar">{_search_box("")}
{_sidebar(entry.tags, None)}<div id="stats"><h5>Statistics</h5><ul>
<li>Id: {entry.post_id}</li>
<li>Posted: {entry.posted:%Y-%m-%d %H:%M:%S}<br /> by
 <a href="index.php?page=account&amp;s=profile&amp;uname={entry.owner}">{entry.owner}</a></li>
<li>Size: {entry.width}x{entry.height}</li>
<li>Source: <a href="{escape(entry.drawing.source)}" rel="nofollow">{escape(entry.source)}</a></li>
<li>Rating: General</li>
<li>Score: <span id="psc{entry.post_id}">{entry.score or 0}</span></li>
</ul></div><ul><li><a href="{original}" style="font-weight: bold;">
                Original image
            </a></li>{line}{_parent(listing, entry)}</ul></div>
<div><img alt="{escape(" ".join(entry.tags))}" src="{shown}" id="image" /></div></div>
<script type="text/javascript">{_inline_facts(listing, entry)}</script>""",
        head,
    )


def _inline_facts(listing: Listing, entry: Entry) -> str:
    stem = listing.gallery.name(entry).stem
    return (
        f"image = {{'domain':'{listing.address}/', 'width':{entry.width},"
        f" 'height':{entry.height},'dir':{entry.directory}, 'img':'{stem}.{entry.extension}',"
        f" 'base_dir':'images', 'sample_dir':'samples', 'sample_width':'{SAMPLE_WIDTH}'}};"
    )


def _doubled(url: str, listing: Listing, entry: Entry) -> str:
    # The site's pages write two slashes after the host and append the id.
    return f"{url.replace(listing.address + '/', listing.address + '//', 1)}?{entry.post_id}"


def _thumb(listing: Listing, entry: Entry) -> str:
    tags = escape(" ".join(entry.tags))
    score = "" if entry.score is None else entry.score
    return (
        f'<span id="s{entry.post_id}" class="thumb"><a id="p{entry.post_id}"'
        f' href="/index.php?page=post&s=view&id={entry.post_id}">'
        f'<img src="{listing.url("thumbnails", entry)}?{entry.post_id}" alt=" {tags} "'
        f' title=" {tags}  score:{score} rating:general" class="preview" /></a></span>\n'
    )


def _sidebar(tags: Sequence[str], counts: Counter[str] | None) -> str:
    # The site does not close its list items either.
    items = "".join(
        f'<li class="tag-type-general"><a href="index.php?page=post&s=list&tags={quote_plus(tag)}">'
        f"{escape(tag.replace('_', ' '))}</a>"
        + (f' <span class="tag-count">{counts[tag]}</span>' if counts else "")
        + "\n"
        for tag in tags
    )
    heading = "<h5>Tags</h5>" if tags else ""
    return f'{heading}<ul id="tag-sidebar">{items}</ul>'


def _pagination(total: int, query: str, offset: int) -> str:
    pages = max(1, -(-total // POSTS_A_PAGE))
    here, last = offset // POSTS_A_PAGE, pages - 1

    def link(page: int, alt: str, text: str) -> str:
        where = f"?page=post&amp;s=list&amp;tags={quote_plus(query)}&amp;pid={page * POSTS_A_PAGE}"
        return f'<a href="{where}" alt="{alt}">{text}</a>'

    near = range(max(0, here - 4), min(pages, here + 5))
    numbers = [f"<b>{n + 1}</b>" if n == here else link(n, "page", str(n + 1)) for n in near]
    before = [link(0, "first page", "&lt;&lt;"), link(here - 1, "back", "&lt;")] if here else []
    after = [link(here + 1, "next", "&gt;"), link(last, "last page", "&gt;&gt;")]
    links = [*before, *numbers, *(after if here < last else [])]
    return f'<div class="pagination">{" ".join(links)}</div>'


def _parent(listing: Listing, entry: Entry) -> str:
    parent = listing.parent_id(entry)
    if parent is None:
        return ""
    return f'<li><a href="/index.php?page=post&amp;s=view&amp;id={parent}">Parent post</a></li>'


def _search_box(query: str) -> str:
    return (
        '<div class="tag-search"><form action="index.php" method="get">'
        '<input type="hidden" name="page" value="post"><input type="hidden" name="s" value="list">'
        f'<input name="tags" type="text" value="{escape(query)}"/>'
        '<input type="submit" value="Search"/></form></div>'
    )


def _page(listing: Listing, content: str, head: str = "") -> str:
    return f"""<!DOCTYPE html>
<html><head><title>Sample booru</title><style>{STYLE}</style>{head}</head><body>
<div id="header"><h1><a href="{listing.address}/index.php?page=post&amp;s=list&amp;tags=all">
Sample booru</a></h1></div>
<div id="content">{content}</div>
<p id="footer">All drawings by <a href="https://openmoji.org">OpenMoji</a>, the open-source emoji
and icon project, CC BY-SA 4.0.</p>
</body></html>
"""
