"""The page as a person meets it: a real `irodori app`, in a real browser."""

import base64
import io
import json
import logging
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.app_command import CHROMIUM, PATIENCE_MS, serving

LEFT_BOX, RIGHT_BOX = (0.27, 0.5), (0.73, 0.5)
RED, BLUE = "#e62828", "#2850e6"

logger = logging.getLogger(__name__)

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here")


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, opened; whatever it complains of fails the test."""
    complaints: list[str] = []
    # What drives a page evaluates strings, which the page's own policy forbids.
    context = browser.new_context(viewport={"width": 1280, "height": 860}, bypass_csp=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(address)
    page.wait_for_function("document.querySelector('#model').options.length > 0")
    yield page
    assert complaints == []
    context.close()


@pytest.fixture(scope="module")
def drawing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with two boxes, side by side."""
    lines = np.full((400, 600), 255, np.uint8)
    for left in (60, 340):
        lines[100:300, left : left + 200] = 0
        lines[107:293, left + 7 : left + 193] = 255
    path = tmp_path_factory.mktemp("drawing") / "boxes.png"
    Image.fromarray(lines).save(path)
    return path


def _drop(page: Page, file: Path) -> None:
    """Drop a file on the page, as a hand would."""
    page.evaluate(
        """async ([name, base64]) => {
            const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], name, { type: "image/png" }));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
        }""",
        [file.name, _base64(file)],
    )


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def _until_coloured(page: Page, more_than: int) -> int:
    """Wait for one more answer; give how many there were."""
    page.wait_for_function(
        "(before) => Number(document.body.dataset.answers ?? 0) > before", arg=more_than
    )
    return int(page.evaluate("document.body.dataset.answers"))


def _stroke(page: Page, color: str, at: tuple[float, float]) -> None:
    page.locator("#color").fill(color)
    box = page.locator("#easel").bounding_box()
    view = page.evaluate("window.irodori.onScreen()")
    x = box["x"] + view["x"] + at[0] * view["width"]
    y = box["y"] + view["y"] + at[1] * view["height"]
    page.mouse.move(x - 25, y)
    page.mouse.down()
    page.mouse.move(x + 25, y + 5, steps=5)
    page.mouse.up()


def _answer(page: Page) -> np.ndarray:
    """Give the picture that is shown."""
    base64_png = page.evaluate(
        """async () => {
            const shown = await (await fetch(document.querySelector("#after").src)).blob();
            const bytes = new Uint8Array(await shown.arrayBuffer());
            return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
        }"""
    )
    with Image.open(io.BytesIO(base64.b64decode(base64_png))) as image:
        return np.asarray(image).astype(int)


def _inside(picture: np.ndarray, at: tuple[float, float]) -> np.ndarray:
    height, width, _ = picture.shape
    x, y = round(at[0] * width), round(at[1] * height)
    return picture[y - 60 : y + 60, x - 60 : x + 60]


def _opened(page: Page, drawing: Path) -> int:
    _drop(page, drawing)
    return _until_coloured(page, 0)


def test_two_colours_change_what_is_painted_and_nothing_else_and_can_be_undone_and_kept(
    page: Page, drawing: Path, tmp_path: Path
) -> None:
    answers = _opened(page, drawing)
    bare = _answer(page)

    _stroke(page, RED, LEFT_BOX)
    answers = _until_coloured(page, answers)
    one = _answer(page)
    changed = np.abs(one - bare).mean(axis=-1, keepdims=True)
    painted, elsewhere = (float(_inside(changed, at).mean()) for at in (LEFT_BOX, RIGHT_BOX))
    logger.info("change of 255: where painted %.1f, in the other box %.2f", painted, elsewhere)
    assert painted > 40
    assert elsewhere < painted / 20

    _stroke(page, BLUE, RIGHT_BOX)
    answers = _until_coloured(page, answers)
    both = _answer(page)
    red, _, blue = _inside(both, RIGHT_BOX).mean(axis=(0, 1))
    assert blue > red + 40
    assert np.abs(_inside(both, LEFT_BOX) - _inside(one, LEFT_BOX)).mean() < 3

    page.keyboard.press("Control+z")
    answers = _until_coloured(page, answers)
    assert (_answer(page) == one).all()
    page.keyboard.press("Control+Shift+z")
    answers = _until_coloured(page, answers)
    assert (_answer(page) == both).all()

    with page.expect_download() as told:
        page.get_by_role("button", name="Export PNG").click()
    told.value.save_as(tmp_path / "coloured.png")
    with Image.open(tmp_path / "coloured.png") as image:
        assert image.size == (600, 400)
    with page.expect_download() as told:
        page.get_by_role("button", name="Save project").click()
    told.value.save_as(tmp_path / "boxes.irodori.json")
    project = json.loads((tmp_path / "boxes.irodori.json").read_text())
    assert [stroke["color"] for stroke in project["strokes"]] == [RED, BLUE]

    page.reload()
    page.wait_for_function("document.querySelector('#model').options.length > 0")
    page.set_input_files("#file-project", tmp_path / "boxes.irodori.json")
    _until_coloured(page, 0)
    assert (_answer(page) == both).all()


def test_layers_are_exported_and_hidden_hints_still_count(
    page: Page, drawing: Path, tmp_path: Path
) -> None:
    answers = _opened(page, drawing)
    _stroke(page, RED, LEFT_BOX)
    _until_coloured(page, answers)

    page.keyboard.press("h")
    with page.expect_download() as told:
        page.get_by_role("button", name="Export layers").click()
    told.value.save_as(tmp_path / "boxes.ora")

    assert page.get_by_role("button", name="Hide hints").get_attribute("aria-pressed") == "true"
    assert (tmp_path / "boxes.ora").read_bytes()[30:38] == b"mimetype"


def test_everything_can_be_done_without_a_pointer(page: Page, drawing: Path) -> None:
    answers = _opened(page, drawing)
    bare = _answer(page)

    page.locator("#color").fill(RED)
    page.locator("#easel").focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    answers = _until_coloured(page, answers)

    assert np.abs(_answer(page) - bare).max() > 30
    page.keyboard.press("e")
    assert page.get_by_role("button", name="Eraser").get_attribute("aria-pressed") == "true"


def _touch(page: Page, *moments: Mapping[int, tuple[float, float]]) -> None:
    """Put fingers on the middle of the easel, moment by moment: where each is, by its number."""
    box = page.locator("#easel").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touching = page.context.new_cdp_session(page)
    touching.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    there = 0
    for moment in moments:
        # Who is not named any more has been lifted.
        kind = "touchEnd" if not moment else "touchStart" if len(moment) > there else "touchMove"
        points = [
            {"x": x + right, "y": y + down, "id": number}
            for number, (right, down) in moment.items()
        ]
        touching.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        there = len(moment)


def test_the_hand_paints_nothing_and_a_second_finger_no_second_stroke(
    page: Page, drawing: Path, tmp_path: Path
) -> None:
    answers = _opened(page, drawing)
    page.get_by_role("button", name="Move").click()
    page.locator("#easel").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Brush").click()

    moved, heel = {1: (60, 0)}, {2: (-80, 40)}
    _touch(page, {1: (0, 0)}, moved, moved | heel, moved, {1: (90, 0)}, {})
    _until_coloured(page, answers)

    with page.expect_download() as told:
        page.get_by_role("button", name="Save project").click()
    told.value.save_as(tmp_path / "touched.json")
    (stroke,) = json.loads((tmp_path / "touched.json").read_text())["strokes"]
    left, right = stroke["points"][0], stroke["points"][-1]
    assert right[0] - left[0] > 10
    assert right[1] == left[1]


def test_two_fingers_move_the_page_and_paint_nothing(page: Page, drawing: Path) -> None:
    answers = _opened(page, drawing)
    before = page.evaluate("window.irodori.onScreen()")
    _touch(
        page,
        {1: (-50, 0)},
        {1: (-50, 0), 2: (50, 0)},
        {1: (-50, 0), 2: (90, 0)},
        {1: (-70, 30), 2: (130, 30)},
        {},
    )
    after = page.evaluate("window.irodori.onScreen()")

    assert after["width"] == pytest.approx(2 * before["width"], rel=0.01)
    middle = before["x"] + before["width"] / 2
    assert after["x"] + after["width"] / 2 == pytest.approx(middle + 30, abs=1)
    assert page.get_by_role("button", name="Undo").is_disabled()
    _stroke(page, RED, LEFT_BOX)
    _until_coloured(page, answers)


def test_a_finger_that_has_come_back_to_where_it_began_has_painted(
    page: Page, drawing: Path
) -> None:
    answers = _opened(page, drawing)
    circle = [{1: (60 * x, 60 * y)} for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
    _touch(page, *circle, {1: (0, 0), 2: (-80, 40)}, {})
    _until_coloured(page, answers)
    assert page.get_by_role("button", name="Undo").is_enabled()


def test_a_detail_stays_in_sight_and_the_keyboards_cursor_too(page: Page, drawing: Path) -> None:
    _opened(page, drawing)
    for _ in range(9):
        page.get_by_role("button", name="Zoom in").click()
    zoom = page.locator("#zoom").inner_text()
    page.set_viewport_size({"width": 1100, "height": 800})
    page.wait_for_timeout(100)
    assert page.locator("#zoom").inner_text() == zoom

    page.locator("#easel").focus()
    before = page.evaluate("window.irodori.onScreen()")
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    after = page.evaluate("window.irodori.onScreen()")
    # The drawing's right edge has come into sight.
    width = page.locator("#easel").bounding_box()["width"]
    assert before["x"] + before["width"] > width > after["x"] + after["width"]


def test_a_step_of_nothing_asks_for_nothing(page: Page, drawing: Path) -> None:
    answers = _opened(page, drawing)
    for keys in ("Control+y", "Control+z", "Control+Shift+z"):
        page.keyboard.press(keys)
    page.wait_for_timeout(500)
    _stroke(page, RED, LEFT_BOX)
    assert _until_coloured(page, answers) == answers + 1


def test_line_art_that_changes_on_the_disk_stays_as_it_was_opened(
    page: Page, drawing: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.png"
    mine.write_bytes(drawing.read_bytes())
    page.locator("#file-lines").set_input_files(mine)
    answers = _until_coloured(page, 0)
    mine.write_bytes(b"saved again, and not done yet")
    _stroke(page, RED, LEFT_BOX)
    _until_coloured(page, answers)
    with page.expect_download() as told:
        page.get_by_role("button", name="Save project").click()
    told.value.save_as(tmp_path / "mine.json")
    lines = json.loads((tmp_path / "mine.json").read_text())["lines"]
    assert base64.b64decode(lines.partition(",")[2]) == drawing.read_bytes()


def test_the_picker_takes_a_colour_from_the_page(page: Page, drawing: Path) -> None:
    answers = _opened(page, drawing)
    _stroke(page, RED, LEFT_BOX)
    _until_coloured(page, answers)
    page.locator("#color").fill("#000000")

    page.keyboard.press("i")
    box, view = page.locator("#easel").bounding_box(), page.evaluate("window.irodori.onScreen()")
    page.mouse.click(
        box["x"] + view["x"] + LEFT_BOX[0] * view["width"],
        box["y"] + view["y"] + LEFT_BOX[1] * view["height"] + 2,
    )

    assert page.locator("#color").input_value() == RED


def test_choosing_a_colour_takes_the_brush_and_only_what_was_painted_is_recent(
    page: Page, drawing: Path
) -> None:
    answers = _opened(page, drawing)
    page.keyboard.press("e")
    _stroke(page, RED, RIGHT_BOX)
    answers = _until_coloured(page, answers)
    page.keyboard.press("Control+z")
    _until_coloured(page, answers)

    recent = page.locator("#recent button").evaluate_all("(all) => all.map((each) => each.title)")
    assert recent == [RED]
    assert page.get_by_role("button", name="Brush").get_attribute("aria-pressed") == "true"
    assert page.get_by_role("button", name="Eraser").get_attribute("aria-pressed") == "false"


def test_hints_that_are_not_saved_are_not_lost_to_another_drawing(
    page: Page, drawing: Path
) -> None:
    answers = _opened(page, drawing)
    _stroke(page, RED, LEFT_BOX)
    _until_coloured(page, answers)
    painted = _answer(page)

    page.evaluate("window.confirm = () => false")
    page.set_input_files("#file-lines", drawing)
    page.keyboard.press("c")
    _until_coloured(page, answers + 1)
    assert (_answer(page) == painted).all()

    page.evaluate("window.confirm = () => true")
    page.set_input_files("#file-lines", drawing)
    _until_coloured(page, answers + 2)
    assert page.locator("#clear").is_disabled()


def test_the_page_keeps_its_own_policy(browser: Browser, address: str, drawing: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    page.goto(address)
    # On a busy machine its script may be later than the page.
    expect(page.locator("#model option")).not_to_have_count(0, timeout=PATIENCE_MS)
    page.set_input_files("#file-lines", drawing)

    expect(page.locator("#status")).to_contain_text("coloured in", timeout=PATIENCE_MS)
    expect(page.locator("#after")).to_be_visible()
    page.get_by_role("button", name="Variants").click()
    expect(page.locator("#status")).to_contain_text("differ", timeout=PATIENCE_MS)
    context.close()

    assert refused == []


def test_a_broken_file_is_told_and_what_was_open_stays(
    page: Page, drawing: Path, tmp_path: Path
) -> None:
    _opened(page, drawing)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")

    page.set_input_files("#file-lines", broken)
    page.wait_for_function("document.querySelector('#status').classList.contains('bad')")
    assert "is no whole PNG" in page.locator("#status").inner_text()
    assert page.locator("#save").is_enabled()

    nonsense = tmp_path / "nonsense.json"
    nonsense.write_text('{"format": "irodori-project/1", "lines": "", "strokes": [{}]}')
    page.set_input_files("#file-project", nonsense)
    page.wait_for_function("document.querySelector('#status').textContent.includes('nonsense')")


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_page_ends_in_one_line_and_at_once(
    root: Path, drawing: Path, end: signal.Signals
) -> None:
    with serving(root, end) as address, drawing.open("rb") as lines:
        answer = requests.post(f"{address}/api/colorize", files={"lines": lines}, timeout=60)

    assert answer.status_code == 200


def test_without_a_model_the_page_says_what_to_run(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "empty") as address:
        page = browser.new_page(bypass_csp=True)
        page.goto(address)
        page.wait_for_function("document.querySelector('#status').textContent.length > 0")
        told = page.locator("#status").inner_text()
        page.close()

    assert "No trained model yet" in told
    assert "irodori run" in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 860), (820, 1180)])
def test_axe_finds_nothing_to_mend(
    browser: Browser, address: str, drawing: Path, size: tuple[int, int], scheme: str
) -> None:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.wait_for_function("document.querySelector('#model').options.length > 0")
    _opened(page, drawing)

    found = Axe().run(page)
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    context.close()

    assert found.violations_count == 0, found.generate_report()
    assert overflow <= 0
