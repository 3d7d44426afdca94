import io
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any

import numpy as np
import pytest
import requests
import torch
import uvicorn
from PIL import Image

from app.bounds import Bounds
from app.encoding import to_png
from app.models import Models, open_models
from app.painter import Painter
from app.service import build
from storage.layout import DataLayout

HOST = "127.0.0.1"
PRELUDE = b'--b\r\nContent-Disposition: form-data; name="lines"; filename="page.png"\r\n\r\n'


class Client:
    """Asks one running service."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **said: Any) -> requests.Response:
        return requests.get(self.address + path, timeout=60, **said)

    def post(self, path: str, **said: Any) -> requests.Response:
        return requests.post(self.address + path, timeout=60, **said)


@contextmanager
def serving(at_hand: Models, bounds: Bounds | None = None) -> Iterator[Client]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        server = uvicorn.Server(
            uvicorn.Config(build(at_hand, [HOST], bounds), log_level="critical")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Client(f"http://{HOST}:{listener.getsockname()[1]}")
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(at_hand: Models) -> Iterator[Client]:
    with serving(at_hand) as client:
        yield client


@pytest.fixture
def page(page_lines: np.ndarray) -> bytes:
    return to_png(page_lines)


@pytest.fixture
def hints(red_strokes: np.ndarray) -> bytes:
    return to_png(red_strokes)


def _picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_drawing_and_strokes_come_back_coloured_where_they_are_painted(
    client: Client, page: bytes, hints: bytes
) -> None:
    bare = client.post("/api/colorize", files={"lines": page})
    painted = client.post("/api/colorize", files={"lines": page, "hints": hints})

    assert (bare.status_code, painted.status_code) == (200, 200)
    assert painted.headers["content-type"] == "image/png"
    one, other = _picture(bare.content).astype(int), _picture(painted.content).astype(int)
    assert one.shape == (200, 300, 3)
    changed = np.abs(one - other).mean(axis=-1)
    assert changed[60:140, 40:120].mean() > 20 * changed[60:140, 180:260].mean()
    red, green, blue = other[100, 80]
    assert red > max(green, blue) + 60


def test_the_answer_is_no_larger_than_is_wanted(client: Client, page: bytes) -> None:
    answer = client.post("/api/colorize", files={"lines": page}, data={"max_px": 150})

    assert _picture(answer.content).shape == (100, 150, 3)


def test_layers_palette_lines_and_variants_are_given(
    client: Client, page: bytes, hints: bytes
) -> None:
    ora = client.post("/api/openraster", files={"lines": page, "hints": hints})
    palette = client.post("/api/palette", files={"picture": hints})
    lines = client.post("/api/lines", files={"lines": page}, data={"clean": "true"})
    variants = client.post("/api/variants", files={"lines": page, "hints": hints})

    assert zipfile.ZipFile(io.BytesIO(ora.content)).read("mimetype") == b"image/openraster"
    assert palette.json() == ["#e62828"]
    assert _picture(lines.content).shape == (200, 300)
    assert {"variant", "turn", "difference", "png"} == set(variants.json()["variants"][0])


def test_models_are_listed_and_chosen_by_key(client: Client, page: bytes) -> None:
    (model,) = client.get("/api/models").json()

    chosen = client.post("/api/colorize", files={"lines": page}, data={"model": model["key"]})
    unknown = client.post("/api/colorize", files={"lines": page}, data={"model": "nothing"})

    assert (model["recipe"], model["size_px"]) == ("unet-l2", 64)
    assert chosen.status_code == 200
    assert unknown.status_code == 400
    assert "there is no model 'nothing'" in unknown.json()["error"]


def test_whoever_only_asks_whether_the_page_is_there_is_told(client: Client) -> None:
    answer = requests.head(client.address, timeout=60)
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_is_no_request_of_ours_is_told_in_the_same_way(client: Client) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    no_form = client.post("/api/colorize", data=b"words", headers=headers)
    assert (no_form.status_code, no_form.json()) == (
        400,
        {"error": "Missing boundary in multipart."},
    )
    nowhere = client.get("/api/nothing")
    assert (nowhere.status_code, nowhere.json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize(
    ("files", "data", "status", "told"),
    [
        ({"lines": b"no picture"}, {}, 400, "lines: is no whole PNG"),
        ({}, {}, 422, "lines: Field required"),
        ({"lines": "page", "hints": b"x"}, {}, 400, "hints: is no readable PNG"),
        ({"lines": "page", "hints": "page"}, {}, 400, "hints: has no clear pixels"),
        ({"lines": "page"}, {"reach_px": "900"}, 400, "reach_px: wanted 0 to 128"),
        ({"lines": "page"}, {"reach_px": "nan"}, 400, "reach_px: wanted 0 to 128"),
        ({"lines": "page"}, {"max_px": "-1"}, 400, "max_px: wanted 0 to 65535"),
        ({"lines": "page"}, {"max_px": "1" + 300 * "0"}, 400, "max_px: wanted 0 to 65535"),
        ({"lines": "page"}, {"variant": "many"}, 422, "variant: Input should be a valid integer"),
        ({"lines": "page"}, {"variant": "9" * 4200}, 422, "variant: Input should be"),
        ({"lines": "page"}, {"turn": "-9999999999"}, 422, "turn: Input should be"),
        ({"lines": "page"}, {"reach": "0"}, 400, "reach: is no field of a wish; there are lines,"),
        ({"lines": "page", "hint": "page"}, {}, 400, "hint: is no field of a wish; there are"),
        ({"lines": "page", "hints": "no palette"}, {}, 400, "hints: is no readable PNG"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_clear_line(
    client: Client, page: bytes, files: dict, data: dict, status: int, told: str
) -> None:
    known = {"page": page, "no palette": without_palette()}
    sent = {name: known.get(content, content) for name, content in files.items()}

    answer = client.post("/api/colorize", files=sent, data=data)

    assert answer.status_code == status
    assert told in answer.json()["error"]


def without_palette() -> bytes:
    """Give a PNG of places in a palette, and no palette."""
    out = io.BytesIO()
    Image.new("P", (8, 8)).save(out, "PNG")
    whole = out.getvalue()
    start = whole.index(b"PLTE") - 4
    length = int.from_bytes(whole[start : start + 4], "big")
    return whole[:start] + whole[start + length + 12 :]


def test_what_nobody_foresaw_is_told_like_other_errors(
    client: Client, at_hand: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(at_hand, "listed", fail)
    answer = client.get("/api/models")
    assert (answer.status_code, answer.json()) == (
        500,
        {"error": "failed (ZeroDivisionError); see the log"},
    )
    assert "Content-Security-Policy" in answer.headers


def test_a_body_that_is_too_large_is_refused_by_what_it_says_and_by_what_comes(
    at_hand: Models,
) -> None:
    with serving(at_hand, Bounds(max_bytes=1000)) as client:
        said = client.post("/api/colorize", files={"lines": b"x" * 2000})
        came = client.post(
            "/api/colorize",
            data=chain([PRELUDE], repeat(b"x" * 100, 20)),
            headers={"content-type": "multipart/form-data; boundary=b"},
        )

    assert (said.status_code, came.status_code) == (413, 413)
    assert "more than 1,000 bytes; send a smaller picture" in said.json()["error"]


def test_a_page_of_another_site_makes_nobody_work(client: Client, page: bytes) -> None:
    def ask(**headers: str) -> requests.Response:
        return client.post("/api/lines", files={"lines": page}, headers=headers)

    host = client.address.partition("://")[2]
    ends_alike = (f"http://evil{host}", f"http://evil@{host}")
    begins_alike = (f"{client.address}.evil", "http://127.0.0.1:1")
    for origin in ("https://evil.example", "null", *begins_alike, *ends_alike):
        refused = ask(origin=origin)
        assert refused.status_code == 403
        assert refused.json()["error"].startswith("asked by a page of another site")
    assert ask(origin=client.address).status_code == ask().status_code == 200


def test_other_names_of_the_host_are_refused_so_that_no_other_page_can_ask(
    client: Client,
) -> None:
    assert client.get("/api/models", headers={"host": "evil.example"}).status_code == 400


def test_the_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/")

    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_the_api_says_what_it_takes(client: Client) -> None:
    told = client.get("/api/openapi.json").json()

    assert set(told["paths"]) == {
        "/api/models", "/api/lines", "/api/colorize", "/api/openraster", "/api/variants",
        "/api/palette",
    }  # fmt: skip
    form = told["components"]["schemas"]["Body_colorize_api_colorize_post"]["properties"]
    assert form["reach_px"]["description"].startswith("how far strokes run out")


def test_without_a_model_the_way_to_one_is_told(tmp_path, page: bytes) -> None:
    empty = open_models(DataLayout.at(str(tmp_path)), "cpu")
    with serving(empty) as client:
        answer = client.post("/api/colorize", files={"lines": page})

        assert client.get("/api/models").json() == []
    assert answer.status_code == 404
    assert "run `irodori run`" in answer.json()["error"]


def test_who_comes_when_too_many_wait_is_put_off(at_hand: Models, page: bytes) -> None:
    with serving(at_hand, Bounds(max_waiting=0)) as client:
        answer = client.post("/api/colorize", files={"lines": page})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "try again in a moment" in answer.json()["error"]


def test_what_takes_too_long_is_given_up(at_hand: Models, page: bytes) -> None:
    with serving(at_hand, Bounds(timeout_seconds=0.001)) as client:
        answer = client.post("/api/colorize", files={"lines": page})

    assert answer.status_code == 504
    assert "took too long" in answer.json()["error"]


class SlowModels(Models):
    """Models that take their time, and count how often they are asked."""

    asked = 0

    def painter(self, key: str = "") -> Painter:
        self.asked += 1
        time.sleep(0.5)
        return super().painter(key)


def test_who_has_gone_is_not_worked_for(app_layout: DataLayout, page: bytes) -> None:
    slow = SlowModels(app_layout, torch.device("cpu"))
    with serving(slow) as client, ThreadPoolExecutor(1) as person:
        request = requests.Request("POST", client.address + "/api/colorize", files={"lines": page})
        prepared = request.prepare()
        first = person.submit(client.post, "/api/colorize", files={"lines": page})
        while not slow.asked:
            time.sleep(0.01)
        for _ in range(4):
            _ask_and_go(client, prepared)
        last = client.post("/api/colorize", files={"lines": page})

        assert (first.result().status_code, last.status_code) == (200, 200)
    assert slow.asked == 2


def _ask_and_go(client: Client, prepared: requests.PreparedRequest) -> None:
    host, port = client.address.removeprefix("http://").split(":")
    head = f"POST /api/colorize HTTP/1.1\r\nHost: {host}\r\n"
    told = "".join(f"{name}: {value}\r\n" for name, value in prepared.headers.items())
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"{head}{told}\r\n".encode() + prepared.body)
        time.sleep(0.05)
