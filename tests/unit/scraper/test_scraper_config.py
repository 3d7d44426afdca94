import pytest
from pydantic import ValidationError

from scraper.config import ScraperConfig


def test_pace_and_threads_are_no_part_of_what_is_scraped():
    fast = ScraperConfig(requests_per_second=5, connections=4, contact="me@example.org")
    assert fast.settings() == ScraperConfig().settings()
    assert ScraperConfig(snapshot="2").settings() != ScraperConfig().settings()


@pytest.mark.parametrize(
    "url",
    [
        "https://safebooru.org",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://bücher.example",
        "sample:",
    ],
)
def test_a_site_is_an_address_or_the_sample(url):
    assert ScraperConfig(base_url=url).base_url == url


@pytest.mark.parametrize("end", ["/", ":443"])
def test_one_site_has_one_name_however_it_is_written(end: str):
    assert ScraperConfig(base_url=f"https://SafeBooru.org{end}") == ScraperConfig()
    assert ScraperConfig(base_url="http://a:443").base_url == "http://a:443"
    assert ScraperConfig(base_url="http://[::1]:80").base_url == "http://[::1]"


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "safebooru.org"},
        {"base_url": "ftp://safebooru.org"},
        {"base_url": "https://safebooru.org/index.php"},
        {"base_url": "https://me:secret@safebooru.org"},
        {"base_url": "http://a:99999"},
        {"base_url": "http://a:b"},
        {"base_url": "http://a:0"},
        {"base_url": "http://ex ample.com"},
        {"base_url": "http://a..b"},
        {"tags": ("two words",)},
        {"tags": ("",)},
        {"tags": ("id:<5",)},
        {"tags": ("-sort:score",)},
        {"tags": tuple(f"tag_number_{n}" for n in range(200))},
        {"max_posts": 0},
        {"connections": 99},
        {"snapshot": "a/b"},
        {"contact": "me\r\nX-Evil: 1"},
        {"requests_per_secnd": 1},
    ],
)
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        ScraperConfig(**wrong)
