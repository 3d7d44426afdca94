"""What the disk gets back when folders are removed: shards may have names in several."""

from upath import UPath

from storage import files


class Space:
    """Folders on their way out, one after the other; a file counts when its last name goes."""

    def __init__(self) -> None:
        self._names_left: dict[int, int] = {}

    def take(self, folder: UPath) -> tuple[int, int]:
        """Take a folder away; give how many files are in it, and the bytes that come free."""
        found = files.below(folder).values()
        freed = 0
        for facts in found:
            number = facts.get("nlink", 1)
            if number > 1:
                number = self._names_left.get(facts["ino"], number)
                self._names_left[facts["ino"]] = number - 1
            freed += facts["size"] if number == 1 else 0
        return len(found), freed
