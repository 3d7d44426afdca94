import random
import threading
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from scraper.errors import SiteError
from scraper.politeness import MARGIN, MAX_BACKOFF_SECONDS, Pace, Robots, backoff, retry_after


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now = 100.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_turns_are_never_closer_than_the_rate_allows():
    time = FakeTime()
    pace = Pace(2.0, clock=time.clock, sleep=time.sleep)
    turns = []
    for _ in range(21):
        pace.take_turn()
        turns.append(time.now)
    assert turns[-1] - turns[0] == pytest.approx(10.0 * MARGIN)
    assert min(b - a for a, b in pairwise(turns)) == pytest.approx(0.5 * MARGIN)


def test_time_without_requests_does_not_save_up_a_burst():
    time = FakeTime()
    pace = Pace(1.0, clock=time.clock, sleep=time.sleep)
    pace.take_turn()
    time.now += 60
    pace.take_turn()
    before = time.now
    pace.take_turn()
    assert time.now - before == pytest.approx(1.0 * MARGIN)


def test_a_pause_holds_for_a_thread_that_already_waits():
    pace = Pace(20.0)
    pace.take_turn()
    pace.pause(0.2)
    turned = threading.Event()
    waiting = threading.Thread(target=lambda: (pace.take_turn(), turned.set()))
    waiting.start()
    pace.pause(0.6)
    assert not turned.wait(0.4)
    waiting.join(timeout=5)
    assert turned.is_set()


def test_a_shorter_pause_does_not_cut_a_longer_one():
    time = FakeTime()
    pace = Pace(20.0, clock=time.clock, sleep=time.sleep)
    pace.pause(60)
    pace.pause(1)
    pace.take_turn()
    assert time.now == pytest.approx(160.0)


def test_a_pause_that_is_called_for_just_as_a_turn_begins_holds_for_the_next():
    time = FakeTime()
    called = []

    def clock():
        # Between two looks at the clock, as another thread might.
        if time.now > 100 and not called:
            called.append(time.now)
            pace.pause(60)
        return time.now

    pace = Pace(20.0, clock=clock, sleep=time.sleep)
    time.now += 1
    pace.take_turn()
    assert called
    pace.take_turn()
    assert time.now == pytest.approx(161.0)


def test_closing_frees_whoever_waits_for_a_turn():
    pace = Pace(1.0)
    pace.pause(3600)
    errors = []

    def wait():
        try:
            pace.take_turn()
        except SiteError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    pace.close()
    waiting.join(timeout=5)
    assert len(errors) == 1


def test_a_slower_crawl_delay_wins_and_a_faster_one_does_not():
    time = FakeTime()
    pace = Pace(1.0, clock=time.clock, sleep=time.sleep)
    pace.slow_down(0.1)
    pace.take_turn()
    pace.take_turn()
    assert time.now == pytest.approx(100.0 + MARGIN)
    pace.slow_down(4.0)
    pace.take_turn()
    pace.take_turn()
    assert time.now == pytest.approx(100.0 + 2 * MARGIN + 4.0)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
        ("999999", 3600.0),
        ("soon", None),
        ("²", None),
        ("9" * 5000, 3600.0),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(header, seconds):
    assert retry_after(header, datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)) == seconds


def test_a_date_that_names_no_zone_is_read_as_utc_wherever_we_are(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        now = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)
        assert retry_after("Sun, 06 Nov 1994 08:49:37 -0000", now) == 37.0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_backoff_is_drawn_below_a_doubling_cap():
    chance = random.Random(1)
    for attempt in range(12):
        drawn = [backoff(attempt, 1.0, chance) for _ in range(300)]
        cap = min(MAX_BACKOFF_SECONDS, 2.0**attempt)
        assert 0 <= min(drawn) < 0.1 * cap
        assert 0.9 * cap < max(drawn) <= cap


def test_however_often_it_failed_the_pause_is_five_minutes_at_most():
    chance = random.Random(1)
    pauses = [backoff(40, 1.0, chance) for _ in range(200)]
    assert 250 < max(pauses) <= 300


def test_robots_forbids_delays_and_knows_us_by_name():
    text = """
User-agent: *
Disallow: /private

User-agent: irodori
Crawl-delay: 3
Disallow: /index.php?page=dapi
"""
    ours = Robots(text, "Irodori/0.1 (someone@example.org)")
    assert not ours.allow("https://site/index.php?page=dapi&s=post")
    assert ours.allow("https://site/private")
    assert ours.seconds_between() == 3.0
    other = Robots(text, "another/1")
    assert not other.allow("https://site/private/x")
    assert other.seconds_between() == 0.0


@pytest.mark.parametrize(
    ("rules", "forbidden", "allowed"),
    [
        ("Disallow: /*page=dapi", "/index.php?page=dapi&s=post", "/index.php?page=post"),
        ("Disallow: /*.png$", "/images/a.png", "/images/a.png?3"),
        ("Allow: /\nDisallow: /images/", "/images/1/a.png", "/lines/1/a.png"),
        ("Disallow: /\nAllow: /index.php", "/images/1/a.png", "/index.php?page=dapi"),
        ("Disallow: /a\n\nUser-agent: *\nDisallow: /b", "/b", "/c"),
        ("\nDisallow: /a", "/a", "/b"),
    ],
)
def test_robots_txt_is_read_by_its_standard(rules: str, forbidden: str, allowed: str):
    """The longest rule wins, signs stand for more, and groups of one name are one."""
    robots = Robots(f"User-agent: *\n{rules}", "Irodori/0.1")
    assert not robots.allow(f"https://site{forbidden}")
    assert robots.allow(f"https://site{allowed}")


@pytest.mark.parametrize(
    ("rule", "seconds"),
    [("Crawl-delay: 2.5", 2.5), ("Request-rate: 2/1m", 30.0), ("Crawl-delay: often", 0.0)],
)
def test_robots_txt_says_how_often(rule: str, seconds: float):
    assert Robots(f"User-agent: *\n{rule}", "Irodori/0.1").seconds_between() == seconds


def test_of_a_delay_and_a_rate_the_slower_one_counts():
    rules = "User-agent: *\nCrawl-delay: {}\nRequest-rate: 1/{}\n"
    for delay, per_request in [(2, 7), (7, 2)]:
        assert Robots(rules.format(delay, per_request), "irodori").seconds_between() == 7


def test_no_robots_txt_allows_all():
    assert Robots("", "Irodori/0.1").allow("https://site/anything")
