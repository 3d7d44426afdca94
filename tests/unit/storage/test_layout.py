"""A root by any of its names."""

from pathlib import Path

import pytest

from storage import files
from storage.errors import BadInput
from storage.layout import DataLayout


@pytest.mark.parametrize("begins", ["file://", "local://", "file:"])
def test_an_address_of_a_folder_here_is_that_folder(tmp_path: Path, begins: str) -> None:
    layout = DataLayout.at(f"{begins}{tmp_path}/root")
    assert layout == DataLayout.at(f"{tmp_path}/root")
    files.write_text(layout.takedowns(), "[]")
    assert (tmp_path / "root" / "takedowns.json").read_text() == "[]"


@pytest.mark.parametrize("root", ["./a:b", "x/a:b", "data", "2024:a"])
def test_a_colon_within_a_name_makes_no_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.chdir(tmp_path)
    files.write_text(DataLayout.at(root).takedowns(), "[]")
    assert (tmp_path / root / "takedowns.json").exists()


@pytest.mark.parametrize("root", ["s3:key:secret@bucket/x", "s3://key:secret@bucket/x"])
def test_a_password_in_an_address_is_not_repeated(root: str) -> None:
    with pytest.raises(BadInput, match="has a password in it") as refused:
        DataLayout.at(root)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("root", "why"),
    [
        ("~nobody-of-this-name/x", "home"),
        ("nonsense://x", "nonsense"),
        ("github://a", "org"),
        ("s3://", "names no bucket"),
        ("s://bucket/x", "wanted a folder or an address"),
        ("a://b", "wanted a folder or an address"),
        ("s3:/bucket/x", "wanted a folder or an address"),
        ("s3:bucket/x", "wanted a folder or an address"),
        ("memory:/x", "wanted a folder or an address"),
        ("file:x", "wanted a folder or an address"),
    ],
)
def test_what_can_be_no_root_is_said_in_one_line(root: str, why: str) -> None:
    with pytest.raises(BadInput, match=rf"^--root {root}: .*{why}"):
        DataLayout.at(root)
