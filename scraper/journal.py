"""What the site answered for the page at hand, kept until the page's part is written.

A run that is killed in mid-page reads it and asks for none of these again: an original whose
bytes are not those that the site states, line art, a page of HTML under a picture's name.

An object store cannot append to a file, so there is none below such a root: an original that is
what the site states is found in the store by its md5, the others of that one page are asked for
once more.
"""

import json
import threading
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO, Self

from upath import UPath

from storage import files
from storage.records import DropReason


@dataclass(frozen=True, slots=True)
class Answer:
    """What one address gave: bytes that are in the image store, or a reason why not."""

    md5: str = ""
    sha256: str = ""
    bytes: int = 0
    extension: str = ""
    reason: DropReason | None = None


class Journal:
    """The answers of one page, each by a name of its own; closes with a `with` block."""

    def __init__(self, path: UPath) -> None:
        self._path = path
        self._answers = dict(_read(path)) if files.is_local(path) else {}
        self._file: IO[str] | None = None
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        """Go on where a killed run was."""
        if files.is_local(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file, which stays for the next run until the part is there."""
        if self._file:
            self._file.close()

    def find(self, name: str) -> Answer | None:
        """Give what was answered under a name before."""
        return self._answers.get(name)

    def note(self, name: str, answer: Answer) -> Answer:
        """Remember an answer."""
        with self._guard:
            self._answers[name] = answer
            if self._file:
                # The line break comes first: it parts this line from one that a kill cut short.
                self._file.write("\n" + json.dumps({"name": name} | asdict(answer)))
                self._file.flush()
        return answer


def _read(path: UPath) -> list[tuple[str, Answer]]:
    if not path.exists():
        return []
    answers = []
    for line in path.read_text().splitlines():
        try:
            content = json.loads(line)
            name, reason = content.pop("name"), content.pop("reason")
        except (json.JSONDecodeError, KeyError):
            continue
        answers.append((name, Answer(**content, reason=DropReason(reason) if reason else None)))
    return answers
