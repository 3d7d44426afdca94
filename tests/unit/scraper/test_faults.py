"""Faults on request: what they are called, when they strike, and what a client sees of each."""

import hashlib
import io
import time

import pytest
import requests
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flows import command_line
from scraper.dapi import read_page
from scraper.errors import SearchRefused, StrangeAnswer
from scraper.politeness import retry_after
from scraper.sample_booru import broken
from scraper.sample_booru.disturbed import DisturbedBoard
from scraper.sample_booru.faults import KINDS, MAX_IN_A_ROW, Faults, parse
from scraper.sample_booru.serving import run, serve_app
from storage.errors import BadInput
from tests.waiting import wait_for

PICTURE = "/images/1/a.png"
LISTING = "/index.php?page=dapi&s=post&q=index"
CONTENT = b"\x89PNG\r\n\x1a\n" + bytes(100_000)
POSTS = (
    '<posts count="9" offset="0"><post id="2" md5="ab" width="3" height="3" file_url="/images/1/b"'
    '/><post id="1" md5="cd" width="3" height="3" file_url="/images/1/c"/></posts>'
)


def site():
    return Starlette(
        routes=[
            Route("/images/1/{name}", lambda _: Response(CONTENT, media_type="image/png")),
            Route("/index.php", lambda _: Response(POSTS)),
            Route("/robots.txt", lambda _: PlainTextResponse("", 404)),
        ]
    )


@pytest.fixture
def disturb():
    """Serve a small site with faults: `disturb("cut:1")` gives its address and the faults."""
    served = []

    def start(spec):
        faults = Faults(parse(spec))
        serving = serve_app(DisturbedBoard(site(), faults))
        served.append(serving)
        return serving.__enter__(), faults

    yield start
    for serving in served:
        serving.__exit__(None, None, None)


def get(address, **options):
    return requests.get(address, timeout=20, allow_redirects=False, **options)


def test_a_spec_names_faults_with_a_share_or_a_number_and_whether_they_last():
    some, first, lasting = parse(" 429:0.1, reset:3,gone:0.02 ")
    assert (some.name, some.rate, some.count, some.lasts) == ("429", 0.1, 0, False)
    assert (first.rate, first.count, first.lasts) == (0.0, 3, False)
    assert lasting.lasts
    assert parse("503:2!")[0].lasts
    assert parse("") == ()


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("rest:0.1", "did you mean reset"),
        ("nothing", "there are 429, 429-seconds"),
        ("429", "has no dose"),
        ("429:", "has no dose"),
        ("429:0", "has no dose"),
        ("429:1.5", "has no dose"),
        ("429:-0.5", "has no dose"),
        ("429:.x", "has no dose"),
        ("429:nan", "has no dose"),
    ],
)
def test_a_spec_that_cannot_be_understood_is_refused_in_one_line(spec, told):
    with pytest.raises(BadInput, match=told) as caught:
        parse(spec)
    assert "\n" not in str(caught.value)


def test_a_board_with_an_unknown_fault_is_not_even_served():
    with pytest.raises(BadInput, match="there is no 'flood'"):
        run(port=0, posts=5, faults="flood:1")


def test_the_same_seed_plays_the_same_faults_in_whatever_order_addresses_are_asked():
    paths = [f"/images/1/{number}.png" for number in range(200)] * 2

    def drawn(seed, paths):
        faults = Faults(parse("503:0.2,gone:0.1"), seed)
        for path in paths:
            faults.draw(path)
        return {(event.path, event.nth): event.fault for event in faults.log.events}

    assert drawn(1, paths) == drawn(1, list(reversed(paths)))
    assert drawn(1, paths) != drawn(2, paths)


def test_a_share_is_about_that_share_of_all_requests():
    faults = Faults(parse("503:0.2"))
    for number in range(2000):
        faults.draw(f"/images/1/{number}.png")
    assert 330 < faults.log.played()["503"] < 470


def test_passing_faults_end_and_lasting_ones_stay():
    passing, lasting = Faults(parse("503:1.0")), Faults(parse("gone:1"))
    drawn = [passing.draw(PICTURE) for _ in range(6)]
    assert drawn == ["503"] * MAX_IN_A_ROW + [""] + ["503"] * MAX_IN_A_ROW + [""]
    assert [lasting.draw(PICTURE) for _ in range(4)] == ["gone"] * 4
    assert lasting.draw("/images/1/other.png") == ""


def test_a_fault_strikes_only_what_it_can():
    faults = Faults(parse("gone:1.0,empty:1.0"))
    assert faults.draw("/robots.txt") == ""
    assert faults.draw(PICTURE) == "gone"
    assert faults.draw("/lines/1/a.png") == "gone"
    assert faults.draw(LISTING) == "empty"
    assert faults.draw("/index.php?page=post&s=list&tags=all") == ""


@pytest.mark.parametrize(
    ("name", "status"), [("429", 429), ("500", 500), ("503", 503), ("challenge", 503)]
)
def test_an_error_comes_without_a_word_on_when_to_return(disturb, name, status):
    address, faults = disturb(f"{name}:1")
    answer = get(address + PICTURE)
    assert answer.status_code == status
    assert "retry-after" not in answer.headers
    assert ("Just a moment" in answer.text) is (name == "challenge")
    assert get(address + PICTURE).content == CONTENT
    assert faults.log.played() == {name: 1}
    assert faults.log.whole == {PICTURE: 1}


@pytest.mark.parametrize("name", ["429-seconds", "429-date"])
def test_an_error_says_when_to_return(disturb, name):
    address, _ = disturb(f"{name}:1")
    answer = get(address + PICTURE)
    assert answer.status_code == 429
    assert 0.5 < retry_after(answer.headers["Retry-After"]) <= 2
    assert answer.headers["Retry-After"].isdigit() is (name == "429-seconds")


def test_a_reset_connection_is_reset_and_not_ended(disturb):
    address, faults = disturb("reset:1")
    with pytest.raises(requests.RequestException, match="reset by peer"):
        get(address + PICTURE)
    assert not faults.log.whole


def test_a_cut_answer_has_fewer_bytes_than_its_length_says(disturb):
    address, faults = disturb("cut:1")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(address + PICTURE)
    assert not faults.log.whole


def test_a_dripping_answer_comes_in_tiny_pieces(disturb):
    address, faults = disturb("drip:1")
    began = time.monotonic()
    with get(address + PICTURE, stream=True) as answer:
        assert answer.headers["Content-Length"] == str(len(CONTENT))
        pieces = [answer.raw.read1(1 << 16) for _ in range(5)]
    assert all(0 < len(piece) < 2000 for piece in pieces)
    assert 0.1 < time.monotonic() - began < 5
    assert not faults.log.whole


def test_a_dripping_answer_is_whole_in_the_end(disturb, monkeypatch):
    monkeypatch.setattr(broken, "DRIP_SECONDS", 0.2)
    address, faults = disturb("drip:1")
    assert get(address + PICTURE).content == CONTENT
    # The last byte arrives a moment before the answer is over.
    wait_for(lambda: faults.log.whole, 5, pause_seconds=0.01)
    assert faults.log.whole == {PICTURE: 1}


@pytest.mark.parametrize(
    ("name", "target"),
    [("elsewhere", "https://example.org" + PICTURE), ("private", "http://10.0.0.1" + PICTURE)],
)
def test_a_redirect_leads_away(disturb, name, target):
    address, _ = disturb(f"{name}:1")
    answer = get(address + PICTURE)
    assert (answer.status_code, answer.headers["Location"]) == (302, target)


def test_a_picture_is_gone_a_page_or_another_picture(disturb):
    address, _ = disturb("gone:1")
    assert get(address + PICTURE).status_code == 404
    address, _ = disturb("html:1")
    assert get(address + PICTURE).content.startswith(b"<!DOCTYPE html>")
    address, faults = disturb("changed:1")
    first, second = get(address + PICTURE).content, get(address + PICTURE).content
    assert first == second
    assert hashlib.md5(first).digest() != hashlib.md5(CONTENT).digest()
    assert faults.log.whole == {PICTURE: 2}


def test_a_bomb_is_a_small_file_of_very_many_pixels(disturb):
    address, _ = disturb("bomb:1")
    content = get(address + PICTURE).content
    assert len(content) < 200_000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(content))


def test_listings_are_empty_cut_refused_and_explosive(disturb):
    address, _ = disturb("empty:1")
    page = read_page(get(address + LISTING).content)
    assert (page.posts, page.count) == ((), 9)
    address, _ = disturb("unclosed:1")
    with pytest.raises(StrangeAnswer, match="cannot be read"):
        read_page(get(address + LISTING).content)
    address, _ = disturb("refusal:1")
    with pytest.raises(SearchRefused, match="limited due to abuse"):
        read_page(get(address + LISTING + "&json=1").content)
    address, _ = disturb("entity:1")
    with pytest.raises(StrangeAnswer, match="Entit"):
        read_page(get(address + LISTING).content)


def test_a_ghost_stays_a_ghost(disturb):
    address, faults = disturb("ghost:1")
    for _ in range(2):
        first, second = read_page(get(address + LISTING).content).posts
        assert first.is_ghost
        assert not second.is_ghost
    assert faults.log.ghosts == {2}


def test_every_fault_has_a_sentence_in_the_help(capsys, monkeypatch):
    # Lines so long that none is broken within a sentence.
    monkeypatch.setenv("COLUMNS", "10000")
    with pytest.raises(SystemExit):
        command_line.parse(["sample-booru", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    for name, kind in KINDS.items():
        assert kind.meaning
        assert f"{name} ({kind.meaning})" in told
