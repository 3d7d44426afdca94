"""An answer that is written where one says (`--output FILE`), instead of printed."""

from pathlib import Path

from storage.errors import BadInput, told_of_place


def written(name: str, content: str) -> str:
    """Write an answer to a file, its folder made if need be; give what to print instead.

    Raises:
        BadInput: it cannot be a file.
    """
    path = Path(name)
    with told_of_place(f"--output {path}"):
        if path.is_dir():
            raise BadInput(f"--output {path}: is a folder; name a file in it")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return str(path)
