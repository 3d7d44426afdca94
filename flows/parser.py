"""A parser of words that says what is wrong in one line, with the nearest word that it knows."""

import argparse
import difflib
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from storage.errors import BadInput
from storage.layout import DEFAULT_ROOT

PORTS = range(65536)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are bad input, and which refuses unknown flags by name."""

    def __init__(self, **told: Any) -> None:
        super().__init__(allow_abbrev=False, **told)

    def understand(self, words: Sequence[str]) -> argparse.Namespace:
        """Read words and flags in any order.

        Raises:
            BadInput: they cannot be understood.
            SystemExit: help was asked for, and has been printed.
        """
        self.refuse_unknown_flags(words)
        return self.parse_intermixed_args(list(words))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, in one line."""
        told = message.removeprefix("argument ")
        if told.endswith("expected one argument"):
            flag = told.partition(":")[0]
            told += f"; if it begins with a dash, write {flag}=-VALUE"
        raise BadInput(told)

    def add_root(self, purpose: str) -> None:
        """Take the root of the data; says what it is for."""
        told = f"{purpose} (default: {DEFAULT_ROOT})"
        self.add_argument("--root", default=DEFAULT_ROOT, metavar="DIR", help=told)

    def add_device(self) -> None:
        """Take the device that a model runs on."""
        devices = ("auto", "cpu", "cuda")
        self.add_argument("--device", default="auto", choices=devices, help="(default: auto)")

    def add_port(self, default: int, purpose: str = "0 takes any free one") -> None:
        """Take the port that something is served at."""
        told = f"{purpose} (default: {default})"
        self.add_argument("--port", type=_port, default=default, metavar="N", help=told)

    def refuse_unknown_flags(self, words: Sequence[str]) -> None:
        """Say which flag is none, and which one may be meant."""
        known = self._option_string_actions
        for word in words:
            flag = word.split("=")[0]
            if not flag.startswith("--") or flag == "--":
                continue
            if flag not in known:
                raise BadInput(
                    f"there is no flag {flag}{nearest(flag, known)}; see {self.prog} --help"
                )
            if below := [each for each in known if each.startswith(f"{flag}.")]:
                raise BadInput(
                    f"{flag} is a section; set its fields one by one, such as {below[0]}; see"
                    f" {self.prog} --help"
                )


def _port(word: str) -> int:
    if not word.isdecimal() or int(word) not in PORTS:
        raise argparse.ArgumentTypeError(f"wanted {PORTS.start} to {PORTS[-1]}, not {word!r}")
    return int(word)


def nearest(word: str, known: Iterable[str]) -> str:
    """Ask whether a known word is meant; empty, if none is near."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""
