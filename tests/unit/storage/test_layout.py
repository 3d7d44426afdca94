"""A root by any of its names."""

from pathlib import Path

import pytest

from storage import files
from storage.errors import BadInput
from storage.layout import DataLayout


@pytest.mark.parametrize("scheme", ["file", "local"])
def test_an_address_of_a_folder_here_is_that_folder(tmp_path: Path, scheme: str) -> None:
    layout = DataLayout.at(f"{scheme}://{tmp_path}/root")
    assert layout == DataLayout.at(f"{tmp_path}/root")
    files.write_text(layout.takedowns(), "[]")
    assert (tmp_path / "root" / "takedowns.json").read_text() == "[]"


@pytest.mark.parametrize(
    ("root", "why"),
    [
        ("~nobody-of-this-name/x", "home"),
        ("nonsense://x", "nonsense"),
        ("github://a", "org"),
        ("s3://", "names no bucket"),
    ],
)
def test_what_can_be_no_root_is_said_in_one_line(root: str, why: str) -> None:
    with pytest.raises(BadInput, match=rf"^--root {root}: .*{why}"):
        DataLayout.at(root)
