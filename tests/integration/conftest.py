"""What the tests of the page share: a root with a model, the app that serves it, a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from storage.layout import DataLayout
from tests.app_command import CHROMIUM, FLAGS, serving
from tests.app_model import train_for_app


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app") / "root"
    train_for_app(DataLayout.at(str(folder)))
    return folder


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    with serving(root) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
