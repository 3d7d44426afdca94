"""What the session bounds: time, bytes, whom it talks to, and how often."""

import asyncio
import gzip
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse

from scraper.dapi import read_page
from scraper.errors import NotServed, SiteRefuses
from scraper.hosts import is_public
from scraper.session import SiteSession
from storage.errors import BadInput
from storage.records import DropReason

MEBIBYTE = 1 << 20


async def forever(piece, seconds):
    while True:
        yield piece
        await asyncio.sleep(seconds)


def test_an_answer_that_drips_is_given_up_though_each_wait_is_short(serve_site, make_config):
    site = serve_site({"/a": lambda _: StreamingResponse(forever(b"x", 0.02))})
    config = make_config(site.address, deadline_seconds=0.3, timeout_seconds=5, max_attempts=2)
    with SiteSession(site.address, config) as session:
        began = time.monotonic()
        with pytest.raises(NotServed, match="dripping") as caught:
            session.fetch("/a", max_bytes=MEBIBYTE)
    assert caught.value.reason is DropReason.UNREACHABLE
    assert 0.6 < time.monotonic() - began < 4
    assert site.ear.heard.count("/a") == 2


def test_an_answer_that_never_ends_is_cut_at_the_cap(serve_site, make_config):
    site = serve_site({"/a": lambda _: StreamingResponse(forever(bytes(MEBIBYTE), 0))})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(NotServed) as caught,
    ):
        session.fetch("/a", max_bytes=4 * MEBIBYTE)
    assert caught.value.reason is DropReason.TOO_LARGE


def test_the_body_of_a_redirect_is_not_read(serve_site, make_config):
    site = serve_site(
        {
            "/a": lambda _: StreamingResponse(forever(bytes(MEBIBYTE), 0), 302, {"Location": "/b"}),
            "/b": lambda _: PlainTextResponse("b"),
        }
    )
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a", max_bytes=99) == b"b"


def test_a_length_above_the_cap_is_refused_before_a_byte_is_read(serve_site, make_config):
    def boasting(_):
        return StreamingResponse(forever(b"x", 0.02), headers={"content-length": "99999999999"})

    site = serve_site({"/a": boasting})
    with SiteSession(site.address, make_config(site.address)) as session:
        began = time.monotonic()
        with pytest.raises(NotServed) as caught:
            session.fetch("/a", max_bytes=MEBIBYTE)
    assert caught.value.reason is DropReason.TOO_LARGE
    assert time.monotonic() - began < 2


def test_packed_bytes_count_unpacked(serve_site, make_config):
    packed = gzip.compress(bytes(64 * MEBIBYTE))
    site = serve_site({"/a": lambda _: Response(packed, headers={"content-encoding": "gzip"})})
    assert len(packed) < MEBIBYTE
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(NotServed) as caught,
    ):
        session.fetch("/a", max_bytes=2 * MEBIBYTE)
    assert caught.value.reason is DropReason.TOO_LARGE


def test_a_busy_answer_that_asks_for_a_human_stops_at_once(serve_site, make_config):
    page = "<html><body>Just a moment...<script>challenge()</script></body></html>"
    site = serve_site({"/a": lambda _: HTMLResponse(page, 503)})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(SiteRefuses, match="human"),
    ):
        session.fetch("/a", max_bytes=MEBIBYTE)
    assert site.ear.heard == ["/robots.txt", "/a"]


def test_a_page_that_merely_quotes_a_challenge_is_read(serve_site, make_config):
    page = '<html><title>1girl</title><img alt="1girl Just a moment..."></html>'
    site = serve_site({"/a": lambda _: HTMLResponse(page)})
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a", max_bytes=MEBIBYTE) == page.encode()


def test_robots_txt_forbids_an_address_by_its_query(serve_site, make_config):
    robots = "User-agent: *\nDisallow: /index.php?page=dapi"
    site = serve_site(
        {
            "/robots.txt": lambda _: PlainTextResponse(robots),
            "/index.php": lambda _: PlainTextResponse("a"),
        }
    )
    with SiteSession(site.address, make_config(site.address)) as session:
        session.fetch("/index.php", params={"page": "post", "s": "list"}, max_bytes=99)
        with pytest.raises(SiteRefuses, match="robots"):
            session.fetch("/index.php", params={"page": "dapi", "s": "post"}, max_bytes=99)
    assert site.ear.heard == ["/robots.txt", "/index.php?page=post&s=list"]


def test_what_is_no_address_is_on_no_site(serve_site, make_config):
    away = Response(status_code=302, headers={"Location": "http://[/a"})
    site = serve_site({"/a": lambda _: away})
    with SiteSession(site.address, make_config(site.address)) as session:
        for url in ("/a", "http://[/a", "http://x:port/a"):
            with pytest.raises(NotServed) as caught:
                session.fetch(url, max_bytes=99)
            assert caught.value.reason is DropReason.FORBIDDEN_HOST
        assert session.relative("http://[/a") == "http://[/a"
    (post,) = read_page(b'[{"id": 1, "width": 9, "height": 9, "file_url": "http://[/a.png"}]').posts
    assert post.is_ghost


def disguised(address):
    """Give an address whose host is a name for this machine, though it does not look it."""
    return address.replace("127.0.0.1", "127.1")


def test_a_name_that_leads_to_this_machine_is_not_talked_to(serve_site, make_config):
    site = serve_site({"/a": lambda _: PlainTextResponse("secret")})
    address = disguised(site.address)
    with (
        pytest.raises(BadInput, match=r"leads to 127\.0\.0\.1.*--scraper\.allow-private-addresses"),
        SiteSession(address, make_config(address)),
    ):
        pass
    assert site.ear.heard == []


def test_a_private_address_is_talked_to_where_that_is_configured(serve_site, make_config):
    site = serve_site({"/a": lambda _: PlainTextResponse("a")})
    address = disguised(site.address)
    config = make_config(address, allow_private_addresses=True)
    with SiteSession(address, config) as session:
        assert session.fetch("/a", max_bytes=99) == b"a"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:93.184.215.14", True),
    ],
)
def test_an_address_is_public_or_not(address, expected):
    assert is_public(address) is expected


def test_no_ten_seconds_see_more_requests_than_the_rate(serve_site, make_config):
    site = serve_site({"/a": lambda _: PlainTextResponse("a")})
    # The first answer waits for the server to start, which is not what is measured.
    requests.get(f"{site.address}/a", timeout=20)
    site.ear.forget()
    config = make_config(site.address, requests_per_second=5, connections=4)
    with SiteSession(site.address, config) as session, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: session.fetch("/a", max_bytes=99), range(59)))
    times = site.ear.times
    assert len(times) == 60
    assert times[-1] - times[0] > 11.5
    most = max(sum(begin <= moment < begin + 10 for moment in times) for begin in times)
    assert most <= 5 * 10
