"""What a command logs: to the terminal what a person wants to see, to a file in full."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.logging import RichHandler

from storage.errors import told_of_place
from storage.files import is_local
from storage.layout import DataLayout
from storage.progress import console

ROOMS = ("flows", "app", "scraper", "preprocessing", "dataset", "training", "evaluation", "storage")


def show() -> None:
    """Log to the terminal what a person wants to see."""
    if console.is_terminal:
        seen: logging.Handler = RichHandler(
            console=console, show_path=False, show_level=False, log_time_format="%H:%M:%S"
        )
    else:
        seen = logging.StreamHandler()
        seen.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    seen.setLevel(logging.INFO)
    # A person sees in the command's last line what has failed.
    seen.addFilter(lambda record: (record.name, record.levelno) != ("flows.alarm", logging.ERROR))
    _listen(seen)


def keep(layout: DataLayout) -> str:
    """Log to a file in full; give its name.

    Raises:
        BadInput: below the root nothing can be written.
    """
    path = Path(str(layout.log()) if is_local(layout.root) else "irodori.log").absolute()
    with told_of_place(f"--root {layout.root}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    kept.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    _listen(kept)
    return str(path)


def drop(log: str, made: Sequence[Path]) -> None:
    """Remove a log if nothing else was made, with the folders that were made for it, deepest first.

    Of a root that holds anything the log tells how it came to be.
    """
    if {each.name for each in Path(log).parent.iterdir()} != {Path(log).name}:
        return
    for room in ROOMS:
        for handler in list(logging.getLogger(room).handlers):
            if isinstance(handler, logging.FileHandler) and handler.baseFilename == log:
                logging.getLogger(room).removeHandler(handler)
                handler.close()
    Path(log).unlink(missing_ok=True)
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


def speak() -> None:
    """Let what the stages say reach the Prefect UI, unless somebody has set what is heard.

    Prefect listens to our rooms, but leaves them as quiet as Python makes them: warnings alone.
    """
    for room in ROOMS:
        if logging.getLogger(room).level == logging.NOTSET:
            logging.getLogger(room).setLevel(logging.INFO)


def _listen(handler: logging.Handler) -> None:
    for room in ROOMS:
        logging.getLogger(room).setLevel(logging.DEBUG)
        logging.getLogger(room).addHandler(handler)
