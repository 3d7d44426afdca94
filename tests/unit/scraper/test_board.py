"""The sample booru, asked as a client asks it."""

import hashlib
import io

import numpy as np
import pytest
import requests
from PIL import Image

from scraper.dapi import read_page
from scraper.sample_booru import gallery as gallery_room
from scraper.sample_booru.collection import Kind, entries
from scraper.sample_booru.drawings import catalogue
from scraper.sample_booru.gallery import Gallery
from scraper.sample_booru.search import search
from scraper.sample_booru.serving import serve
from storage.errors import BadInput


def ask(board, **params):
    params = {"page": "dapi", "s": "post", "q": "index"} | params
    answer = requests.get(f"{board.address}/index.php", params=params, timeout=20)
    answer.raise_for_status()
    return answer


def posts(board, **params):
    return read_page(ask(board, **params).content).posts


def get(url):
    answer = requests.get(url, timeout=20)
    answer.raise_for_status()
    return answer.content


def of_kind(kind, count=120):
    return next(entry for entry in entries(count) if entry.kind is kind)


def listed(board, entry):
    (post,) = posts(board, tags=f"id:{entry.post_id}")
    return post


def test_xml_counts_all_and_pages_by_number(board):
    first = read_page(ask(board, limit=7).content)
    second = read_page(ask(board, limit=7, pid=1).content)
    assert first.count == second.count == 120
    ids = [post.post_id for post in first.posts + second.posts]
    assert len(ids) == 14
    assert ids == sorted(ids, reverse=True)
    assert 'offset="7"' in ask(board, limit=7, pid=1).text


def test_a_hundred_posts_come_where_no_limit_is_asked(board):
    assert len(posts(board)) == 100


def test_json_is_labelled_html_and_empty_where_nothing_is_found(board):
    answer = ask(board, json=1, limit=3)
    assert answer.headers["content-type"].startswith("text/html")
    assert [post.post_id for post in read_page(answer.content).posts] == [
        post.post_id for post in posts(board, limit=3)
    ]
    assert ask(board, json=1, tags="nothing_has_this").content == b""
    assert ask(board, tags="nothing_has_this").content.endswith(
        b'<posts count="0" offset="0"></posts>'
    )


def test_a_search_too_deep_is_refused_in_xml_even_where_json_was_asked(board):
    assert '<response success="false"' in ask(board, json=1, limit=1, pid=200_001).text


def test_an_id_is_heeded_alone_and_ignored_beside_tags(board):
    wanted = posts(board)[5].post_id
    assert [post.post_id for post in posts(board, id=wanted)] == [wanted]
    assert len(posts(board, id=wanted, tags="openmoji")) == 100


def test_ids_below_a_bound_are_found_by_the_cursor(board):
    everything = [post.post_id for post in posts(board, limit=1000)]
    bound = everything[50]
    assert [post.post_id for post in posts(board, tags=f"id:<{bound}")] == everything[51:]


def test_tags_are_wanted_unwanted_and_wild():
    found = search(entries(300), "animal -bear*")
    assert found
    assert all("animal" in entry.tags for entry in found)
    assert not any(tag.startswith("bear") for entry in found for tag in entry.tags)
    assert len(search(entries(300), "animal")) > len(found)
    assert search(entries(300), "rating:explicit") == []


def test_the_tags_api_counts_and_matches(board):
    text = ask(board, s="tag", name_pattern="%skin", orderby="count").text
    assert 'name="light_skin"' in text
    assert "animal" not in text


def test_every_listed_file_is_served_with_the_stated_md5_and_size(board):
    for post in posts(board, limit=20):
        content = get(post.file_url)
        assert hashlib.md5(content).hexdigest() == post.site_md5
        assert Image.open(io.BytesIO(content)).size == (post.width, post.height)


def test_line_art_is_black_on_white_and_the_size_of_its_picture(board):
    for post in posts(board, limit=6):
        line = Image.open(io.BytesIO(get(post.line_url)))
        assert line.mode == "L"
        assert line.size == (post.width, post.height)
        gray = np.asarray(line)
        assert gray[0, 0] == 255
        assert 0.01 < (gray < 64).mean() < 0.6


def test_lines_lie_where_the_color_picture_is_dark():
    gallery = Gallery(120)
    drawing = next(e for e in gallery.entries if e.kind is Kind.DRAWING and e.extension == "png")
    line = np.asarray(Image.open(io.BytesIO(gallery.line(drawing))))
    color = Image.open(io.BytesIO(gallery.original(drawing)))
    assert color.mode == "RGBA"
    white = Image.new("RGBA", color.size, "white")
    gray = np.asarray(Image.alpha_composite(white, color).convert("L"))
    assert gray[line < 30].max() < 60


def test_names_are_the_md5_of_uploads_and_something_else_of_imports(board):
    stems = {post.file_name.partition(".")[0]: post for post in posts(board, tags="-animated")}
    uploads = [stem for stem in stems if len(stem) == 32]
    imports = [stem for stem in stems if len(stem) == 40]
    assert len(uploads) > 10
    assert len(imports) > 10
    assert all(stems[stem].site_md5 == stem for stem in uploads)


def test_a_copy_has_the_very_bytes_of_another_post(board):
    copy = of_kind(Kind.COPY)
    one, other = listed(board, copy), listed(board, entries(120)[copy.origin])
    assert one.site_md5 == other.site_md5
    assert one.file_url != other.file_url
    assert get(one.file_url) == get(other.file_url)


@pytest.mark.parametrize("kind", [Kind.RECODED, Kind.RESCALED])
def test_a_near_copy_has_other_bytes_of_the_same_drawing(board, kind):
    near = of_kind(kind)
    one, other = listed(board, near), listed(board, entries(120)[near.origin])
    assert one.site_md5 != other.site_md5
    assert one.source == other.source


def test_the_bad_files_are_bad_in_their_way(board):
    gif = Image.open(io.BytesIO(get(listed(board, of_kind(Kind.GIF)).file_url)))
    assert (gif.format, getattr(gif, "n_frames", 1)) == ("GIF", 2)
    cut = get(listed(board, of_kind(Kind.TRUNCATED)).file_url)
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(cut)).load()
    assert get(listed(board, of_kind(Kind.PAGE)).file_url).startswith(b"<!DOCTYPE html>")
    assert listed(board, of_kind(Kind.GHOST)).is_ghost


def test_some_large_tags_are_on_good_files_alone():
    bad = {Kind.GIF, Kind.TRUNCATED, Kind.PAGE, Kind.GHOST}
    for tag, least in (("person", 100), ("face", 43)):
        found = search(entries(600), tag)
        assert len(found) >= least
        assert not bad & {entry.kind for entry in found}


def test_a_drawing_without_color_is_sometimes_tagged_and_sometimes_not(board):
    assert "monochrome" in listed(board, of_kind(Kind.GRAYSCALE)).tags
    ink = listed(board, of_kind(Kind.INK))
    assert "monochrome" not in ink.tags
    assert Image.open(io.BytesIO(get(ink.file_url))).mode == "L"


def test_skin_tones_are_children_of_one_parent(board):
    children = [post for post in posts(board, limit=1000) if post.parent_id]
    assert children
    for child in children:
        (parent,) = posts(board, tags=f"id:{child.parent_id}")
        assert parent.has_children
        assert parent.post_id < child.post_id


def test_samples_and_thumbnails_are_small_jpegs(board):
    wide = posts(board, tags="width:>850")[0]
    answer = ask(board, tags=f"id:{wide.post_id}", json=1).json()[0]
    assert Image.open(io.BytesIO(get(answer["sample_url"]))).width == 850
    thumbnail = Image.open(io.BytesIO(get(answer["preview_url"])))
    assert (thumbnail.format, max(thumbnail.size)) == ("JPEG", 150)


def test_an_unknown_file_is_not_found(board):
    for path in ("/images/100/abc.png", "/images/9999/abc.png", "/nothing/100/abc.png"):
        assert requests.get(board.address + path, timeout=20).status_code == 404


def test_the_files_held_in_memory_are_bounded_and_drawn_again_alike(monkeypatch):
    monkeypatch.setattr(gallery_room, "CACHE_BYTES", 40_000)
    gallery = Gallery(15)
    first = [gallery.original(entry) for entry in gallery.entries[4:12]]
    assert sum(map(len, first)) > 2 * 40_000
    assert sum(map(len, gallery._cache.values())) <= 40_000
    assert [gallery.original(entry) for entry in gallery.entries[4:12]] == first


def test_a_longer_board_begins_with_the_posts_of_a_shorter_one():
    assert entries(400)[:120] == entries(120)
    assert len({entry.post_id for entry in entries(400)}) == 400


def test_a_board_restarted_finds_the_files_it_named_before():
    named = Gallery(20)
    entry = named.entries[11]
    stem = named.name(entry).stem
    assert Gallery(20).find(entry.directory, stem) == entry


def test_any_first_part_of_the_drawings_is_varied_and_colored():
    first = catalogue()[:200]
    groups = {"animal", "face", "food", "hand", "object", "person", "plant"}
    counts = {group: sum(group in drawing.tags for drawing in first) for group in groups}
    assert min(counts.values()) >= 3
    assert max(counts.values()) <= 100
    assert not any("sign" in drawing.tags for drawing in first)
    assert len({drawing.stem for drawing in catalogue()}) == len(catalogue()) > 4400


def test_each_post_credits_its_drawing(board):
    for post in posts(board, limit=5):
        assert post.source.startswith("https://openmoji.org/library/emoji-")
        assert "OpenMoji, CC BY-SA 4.0" in post.source


def test_a_port_in_use_is_named_with_the_way_out(board):
    port = int(board.address.rpartition(":")[2])
    with pytest.raises(BadInput, match=rf"port {port} .*--port"), serve(5, port=port):
        pass


def test_more_posts_than_drawings_are_refused_with_the_number_there_is():
    with pytest.raises(BadInput, match="has drawings for") as caught:
        entries(1_000_000)
    most = int(str(caught.value).rpartition("ask for ")[2].split()[0])
    assert len(entries(most)) == most
