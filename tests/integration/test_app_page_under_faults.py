"""The page when answers come late or not at all, and when files are not what they should be."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.app_command import CHROMIUM, PATIENCE_MS

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")


@pytest.fixture
def page(browser: Browser, address: str, tmp_path: Path) -> Iterator[Page]:
    """The page, with a drawing that has been coloured once."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(address)
    expect(page.locator("#model option")).not_to_have_count(0, timeout=PATIENCE_MS)
    page.set_input_files("#file-lines", _drawing(tmp_path / "first.png", (400, 300)))
    _until_coloured(page, 1)
    yield page
    context.close()


def _drawing(path: Path, size: tuple[int, int]) -> Path:
    """Draw a line across white paper."""
    lines = np.full(size[::-1], 255, np.uint8)
    lines[:, size[0] // 2] = 0
    Image.fromarray(lines).save(path)
    return path


def _until_coloured(page: Page, times: int) -> None:
    """Wait until so many answers were shown in all."""
    page.wait_for_function("(times) => document.body.dataset.answers == times", arg=times)


def _dab(page: Page) -> None:
    page.locator("#easel").focus()
    page.keyboard.press("Enter")


def _saved(page: Page) -> dict[str, Any]:
    with page.expect_download() as told:
        page.get_by_role("button", name="Save project").click()
    project: dict[str, Any] = json.loads(Path(told.value.path()).read_text())
    return project


def _url(drawing: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(drawing.read_bytes()).decode()}"


def _project(path: Path, **more: object) -> Path:
    """Write a project of another drawing, or what is said to be one."""
    lines = _url(_drawing(path.with_suffix(".png"), (200, 300)))
    project = {"format": "irodori-project/1", "lines": lines, "strokes": []}
    path.write_text(json.dumps(project | more))
    return path


@pytest.mark.parametrize("is_broken", [True, False])
def test_of_two_drawings_the_one_that_was_chosen_last_is_shown_and_saved(
    page: Page, tmp_path: Path, *, is_broken: bool
) -> None:
    late, last = (
        _drawing(tmp_path / "late.png", (500, 300)),
        _drawing(tmp_path / "last.png", (300, 600)),
    )
    if is_broken:
        late.write_bytes(b"no picture")
    held: list[Route] = []
    page.route("**/api/lines", lambda route: held.append(route), times=1)
    page.set_input_files("#file-lines", late)
    page.set_input_files("#file-lines", last)
    _until_coloured(page, 2)

    with page.expect_response("**/api/lines") as told:
        held[0].continue_()
    told.value.finished()
    page.wait_for_timeout(200)
    project = _saved(page)

    assert (project["name"], project["width"], project["height"]) == ("last", 300, 600)
    assert project["lines"] == _url(last)
    before = page.locator("#before")
    assert before.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [300, 600]
    assert page.evaluate("document.body.dataset.answers") == "2"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"settings": {"turn": 1e300}}, "its settings cannot be read"),
        ({"settings": {"variant": "other"}}, "its settings cannot be read"),
        ({"settings": {"reach_px": [3]}}, "its settings cannot be read"),
        ({"settings": {"variant": 10**12}}, "variant: Input should be less"),
        ({"settings": {"variant": 1}, "lines": "data:;base64,e30="}, "lines: is no whole"),
        ({"recent": 5}, "its recent colours cannot be read"),
        ({"lines": "data:image/png;base64,*"}, "its line art cannot be read"),
    ],
)
def test_a_project_that_cannot_be_read_changes_nothing(
    page: Page, tmp_path: Path, more: dict[str, Any], told: str
) -> None:
    before = _saved(page)
    settings = {"clean": True, "reach_px": 3, **more.get("settings", {})}
    bad = _project(tmp_path / "bad.json", **{**more, "settings": settings})

    page.set_input_files("#file-project", bad)
    expect(page.locator("#status")).to_contain_text(f"bad.json: {told}", timeout=PATIENCE_MS)

    assert _saved(page) == before
    page.set_input_files("#file-lines", _drawing(tmp_path / "next.png", (300, 300)))
    _until_coloured(page, 2)


def test_a_project_that_opens_brings_its_settings(page: Page, tmp_path: Path) -> None:
    settings = {"clean": True, "reach_px": 3, "variant": 2, "turn": 90}
    colors = ["#102030", "#405060"]
    project = _project(tmp_path / "good.json", settings=settings, recent=colors, name="good")

    page.set_input_files("#file-project", project)
    _until_coloured(page, 2)
    saved = _saved(page)

    assert settings.items() <= saved["settings"].items()
    assert (saved["name"], saved["recent"]) == ("good", colors)


def test_a_drawing_of_extreme_proportions_can_be_painted_on(page: Page, tmp_path: Path) -> None:
    page.set_input_files("#file-lines", _drawing(tmp_path / "long.png", (20000, 1)))
    _until_coloured(page, 2)

    _dab(page)

    _until_coloured(page, 3)
    assert "coloured in" in page.locator("#status").inner_text()


@pytest.mark.parametrize("goes_on", [False, True])
def test_strokes_that_a_busy_server_put_off_are_coloured_once(page: Page, *, goes_on: bool) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    busy = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"error": "busy"}}
    page.route("**/api/colorize", lambda route: route.fulfill(**busy), times=1)

    _dab(page)
    expect(page.locator("#status")).to_have_text("busy", timeout=PATIENCE_MS)
    if goes_on:
        _dab(page)
    _until_coloured(page, 2)
    page.wait_for_timeout(1200)

    assert len([url for url in asked if url.endswith("/api/colorize")]) == 2
    assert "coloured in" in page.locator("#status").inner_text()


def test_a_drawing_that_a_busy_server_put_off_is_opened(page: Page, tmp_path: Path) -> None:
    busy = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"error": "busy"}}
    page.route("**/api/lines", lambda route: route.fulfill(**busy), times=2)

    page.set_input_files("#file-lines", _drawing(tmp_path / "second.png", (300, 400)))
    expect(page.locator("#status")).to_have_text("busy", timeout=PATIENCE_MS)
    _until_coloured(page, 2)

    assert _saved(page)["name"] == "second"


def test_what_comes_late_is_shown_and_named_with_no_other_drawing(
    page: Page, tmp_path: Path
) -> None:
    held: list[Route] = []
    for what in ("variants", "openraster"):
        page.route(f"**/api/{what}", lambda route: held.append(route))
    _dab(page)
    _until_coloured(page, 2)
    for name in ("Variants", "Export layers"):
        page.get_by_role("button", name=name).click()
    page.wait_for_function("() => document.getElementById('status').textContent.includes('export')")
    page.set_input_files("#file-lines", _drawing(tmp_path / "next.png", (300, 400)))
    _until_coloured(page, 3)

    with page.expect_download() as told:
        for route in held:
            route.continue_()
    page.wait_for_timeout(1500)

    assert told.value.suggested_filename == "first-coloured.ora"
    assert page.locator("#variants").inner_html() == ""


def test_lines_that_nobody_wants_any_more_say_nothing(page: Page) -> None:
    busy = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"error": "busy"}}
    page.route("**/api/lines", lambda route: route.fulfill(**busy), times=1)
    page.locator("#clean").click()
    expect(page.locator("#status")).to_have_text("busy", timeout=PATIENCE_MS)
    page.locator("#clean").click()
    _until_coloured(page, 2)
    page.wait_for_timeout(1500)

    assert "coloured in" in page.locator("#status").inner_text()
