"""An answer that is written where one says (`--output FILE`), instead of printed."""

from pathlib import Path

from storage.errors import BadInput


def written(name: str, content: str) -> str:
    """Write an answer to a file; give what to print instead.

    Raises:
        BadInput: it cannot be a file.
    """
    path = Path(name)
    if not path.absolute().parent.is_dir():
        raise BadInput(f"--output {path}: there is no such folder; make it first")
    if path.is_dir():
        raise BadInput(f"--output {path}: is a folder; name a file in it")
    path.write_text(content)
    return str(path)
