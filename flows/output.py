"""An answer that is written where one says (`--output FILE`), instead of printed."""

from pathlib import Path

from storage.errors import BadInput, told_of_disk


def written(name: str, content: str) -> str:
    """Write an answer to a file, its folder made if need be; give what to print instead.

    Raises:
        BadInput: it cannot be a file.
    """
    path = Path(name)
    try:
        if path.is_dir():
            raise BadInput(f"--output {path}: is a folder; name a file in it")
        with told_of_disk():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInput(f"--output {path}: {error.filename} is a file, no folder") from error
    except OSError as error:
        raise BadInput(f"--output {path}: {error.strerror}; name another file") from error
    return str(path)
