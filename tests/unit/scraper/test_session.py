import gzip
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from scraper.errors import NotServed, SiteRefuses, SiteUnreachable
from scraper.hosts import is_of_site
from scraper.session import MAX_GIVEN_UP, SiteSession
from storage.records import DropReason


def answers_in_turn(*answers):
    rest = list(answers)
    return lambda _: rest.pop(0) if len(rest) > 1 else rest[0]


def in_seconds(_):
    return "1"


def as_a_date(_):
    # A date counts whole seconds, so two of them are at least one.
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("header", [in_seconds, as_a_date])
def test_retry_after_holds_back_every_request(serve_site, make_config, header):
    def busy_once(request):
        if len(site.ear.heard) > 2:
            return PlainTextResponse("now")
        return PlainTextResponse("busy", 429, {"Retry-After": header(request)})

    site = serve_site({"/a": busy_once, "/b": lambda _: PlainTextResponse("b")})
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a", max_bytes=99) == b"now"
        assert session.fetch("/b", max_bytes=99) == b"b"
    robots, first, *later = site.ear.times
    assert site.ear.heard == ["/robots.txt", "/a", "/a", "/b"]
    assert all(time - first > 0.9 for time in later)
    assert robots <= first


def test_all_threads_together_keep_to_the_one_rate(serve_site, make_config):
    site = serve_site({"/a": lambda _: PlainTextResponse("a")})
    config = make_config(site.address, requests_per_second=25, connections=4)
    with SiteSession(site.address, config) as session, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: session.fetch("/a", max_bytes=99), range(20)))
    times = site.ear.times
    assert len(times) == 21
    # Seen from the site: over any ten requests, no more than the rate (and a little jitter).
    windows = [late - early for early, late in zip(times, times[10:], strict=False)]
    assert min(windows) > 10 / 25 - 0.1


def test_a_redirect_takes_a_turn_of_its_own(serve_site, make_config):
    site = serve_site(
        {"/a": lambda _: RedirectResponse("/b"), "/b": lambda _: PlainTextResponse("b")}
    )
    with SiteSession(site.address, make_config(site.address, requests_per_second=4)) as session:
        assert session.fetch("/a", max_bytes=99) == b"b"
    assert site.ear.heard == ["/robots.txt", "/a", "/b"]
    assert site.ear.times[2] - site.ear.times[1] > 0.2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524])
def test_a_passing_failure_is_tried_again(serve_site, make_config, status):
    flaky = answers_in_turn(PlainTextResponse("", status), PlainTextResponse("good"))
    site = serve_site({"/a": flaky})
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a", max_bytes=99) == b"good"


def test_a_cut_answer_is_tried_again_and_never_taken(serve_site, make_config):
    cut = Response(b"half", headers={"content-length": "8"})
    site = serve_site({"/a": answers_in_turn(cut, PlainTextResponse("complete"))})
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a", max_bytes=99) == b"complete"


def test_an_answer_that_is_packed_unasked_is_unpacked(serve_site, make_config):
    packed = Response(gzip.compress(b"plain" * 99), headers={"content-encoding": "gzip"})
    site = serve_site({"/a": lambda _: packed})
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a", max_bytes=999) == b"plain" * 99
        with pytest.raises(NotServed) as caught:
            session.fetch("/a", max_bytes=99)
    assert caught.value.reason is DropReason.TOO_LARGE


def test_addresses_that_need_quoting_are_asked_for(serve_site, make_config):
    site = serve_site({"/{name}": lambda request: PlainTextResponse(request.path_params["name"])})
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a b.png", max_bytes=99) == b"a b.png"
        assert session.fetch("/彩.png", max_bytes=99).decode() == "彩.png"


def test_an_answer_left_unread_does_not_spoil_the_next_answer(serve_site, make_config):
    gone = Response(b"x" * 9999, 404)
    site = serve_site({"/gone": lambda _: gone, "/a": lambda _: PlainTextResponse("a")})
    with SiteSession(site.address, make_config(site.address, connections=1)) as session:
        for _ in range(3):
            with pytest.raises(NotServed):
                session.fetch("/gone", max_bytes=10)
            assert session.fetch("/a", max_bytes=99) == b"a"


def test_a_request_is_given_up_after_the_configured_attempts(serve_site, make_config):
    site = serve_site({"/a": lambda _: PlainTextResponse("", 503)})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(NotServed) as caught,
    ):
        session.fetch("/a", max_bytes=99)
    assert caught.value.reason is DropReason.UNREACHABLE
    assert site.ear.heard.count("/a") == 3


def test_a_site_that_is_down_stops_the_run_instead_of_dropping_everything(serve_site, make_config):
    site = serve_site({"/a": lambda _: PlainTextResponse("", 503)})
    with SiteSession(site.address, make_config(site.address, max_attempts=1)) as session:
        for _ in range(MAX_GIVEN_UP - 1):
            with pytest.raises(NotServed):
                session.fetch("/a", max_bytes=99)
        with pytest.raises(SiteUnreachable, match="down"):
            session.fetch("/a", max_bytes=99)


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("no", 401),
        PlainTextResponse("no", 403),
        PlainTextResponse("no", 451),
        PlainTextResponse("no", 503, {"cf-mitigated": "challenge"}),
        PlainTextResponse("no", 200, {"cf-mitigated": "challenge"}),
        HTMLResponse("<html><head><title>Just a moment...</title></head></html>"),
        HTMLResponse("\ufeff\n <html><head><title>Just a moment...</title></head></html>"),
    ],
)
def test_a_refusal_or_a_challenge_stops_at_once(serve_site, make_config, answer):
    site = serve_site({"/a": lambda _: answer})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(SiteRefuses),
    ):
        session.fetch("/a", max_bytes=9999)
    assert site.ear.heard == ["/robots.txt", "/a"]


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_is_not_asked_again(serve_site, make_config, status):
    site = serve_site({"/a": lambda _: PlainTextResponse("", status)})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(NotServed) as caught,
    ):
        session.fetch("/a", max_bytes=99)
    assert caught.value.reason is DropReason.GONE
    assert site.ear.heard.count("/a") == 1


def test_a_redirect_within_the_site_is_followed(serve_site, make_config):
    site = serve_site(
        {"/a": lambda _: RedirectResponse("/b"), "/b": lambda _: PlainTextResponse("b")}
    )
    with SiteSession(site.address, make_config(site.address)) as session:
        assert session.fetch("/a", max_bytes=99) == b"b"


def test_a_redirect_to_another_host_is_refused_and_not_asked(serve_site, make_config):
    other = serve_site({"/b": lambda _: PlainTextResponse("secret")})
    site = serve_site({"/a": lambda _: RedirectResponse(f"{other.address}/b")})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(NotServed) as caught,
    ):
        session.fetch("/a", max_bytes=99)
    assert caught.value.reason is DropReason.FORBIDDEN_HOST
    assert other.ear.heard == []


def test_redirects_in_a_circle_end(serve_site, make_config):
    site = serve_site({"/a": lambda _: RedirectResponse("/a")})
    with (
        SiteSession(site.address, make_config(site.address)) as session,
        pytest.raises(NotServed, match="redirects"),
    ):
        session.fetch("/a", max_bytes=99)
    assert site.ear.heard.count("/a") == 4


@pytest.mark.parametrize("says_so", [True, False])
def test_more_bytes_than_the_cap_are_not_read(serve_site, make_config, says_so):
    def large(_):
        response = Response(b"x" * 100_000)
        if not says_so:
            del response.headers["content-length"]
        return response

    site = serve_site({"/a": large})
    with SiteSession(site.address, make_config(site.address)) as session:
        assert len(session.fetch("/a", max_bytes=100_000)) == 100_000
        with pytest.raises(NotServed) as caught:
            session.fetch("/a", max_bytes=99_999)
    assert caught.value.reason is DropReason.TOO_LARGE


@pytest.mark.parametrize("status", [400, 503])
def test_a_robots_txt_that_cannot_be_read_allows_nothing(serve_site, make_config, status):
    site = serve_site({"/robots.txt": lambda _: PlainTextResponse("", status)})
    with pytest.raises(SiteUnreachable, match="run again later"):
        SiteSession(site.address, make_config(site.address)).__enter__()


def test_robots_txt_is_read_once_and_obeyed(serve_site, make_config):
    site = serve_site(
        {
            # As some editors save it, with a mark of its letters' order before the first line.
            "/robots.txt": lambda _: PlainTextResponse("\ufeffUser-agent: *\nDisallow: /a"),
            "/a": lambda _: PlainTextResponse("a"),
            "/b": lambda _: PlainTextResponse("b"),
        }
    )
    with SiteSession(site.address, make_config(site.address)) as session:
        session.fetch("/b", max_bytes=99)
        with pytest.raises(SiteRefuses, match="robots"):
            session.fetch("/a", max_bytes=99)
    assert site.ear.heard == ["/robots.txt", "/b"]


def test_we_say_who_we_are_and_where_to_reach_us(serve_site, make_config):
    site = serve_site({})
    with SiteSession(site.address, make_config(site.address, contact="me@example.org")):
        pass
    assert site.ear.agents == {"Irodori/0.1 (me@example.org)"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://safebooru.org/images/1/a.png", True),
        ("https://img.safebooru.org/a.png", True),
        ("https://notsafebooru.org/a.png", False),
        ("https://safebooru.org.evil.net/a.png", False),
        ("https://me@safebooru.org/a.png", False),
        ("https://safebooru.org:8080/a.png", False),
        ("https://safebooru.org:99999/a.png", False),
        ("http://safebooru.org/a.png", False),
        ("file:///etc/passwd", False),
        ("//safebooru.org/a.png", False),
    ],
)
def test_a_host_is_compared_by_its_labels(url, expected):
    assert is_of_site(url, "https://safebooru.org") is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://safebooru.org/images/1/a.png", "/images/1/a.png"),
        ("https://safebooru.org//images/1/a.png?77", "/images/1/a.png"),
        ("//safebooru.org/images/1/a.png", "/images/1/a.png"),
        ("/images/1/a.png", "/images/1/a.png"),
        ("https://elsewhere.org/a.png", "https://elsewhere.org/a.png"),
        ("", ""),
    ],
)
def test_an_address_of_the_site_is_kept_without_the_site(make_config, url, expected):
    base = "https://safebooru.org"
    assert SiteSession(base, make_config(base)).relative(url) == expected
