import json
from pathlib import Path

import pytest
import safetensors.torch
import torch
from upath import UPath

from storage.errors import CorruptFile
from training import tensors


def test_whole_files_are_let_through_with_what_is_said_of_them(tmp_path: Path) -> None:
    path = UPath(tmp_path / "x.safetensors")
    some = {"a": torch.ones(3), "b": torch.ones(()), "c": torch.ones(0, 2)}
    for held in ({}, some):
        path.write_bytes(safetensors.torch.save(held, {"format": "pt"}))
        tensors.refuse_damaged(path)


@pytest.mark.parametrize("header", [{"a": {"data_offsets": [0, "x"]}}, {"a": 5}, [1], "a", 5])
def test_what_only_looks_like_a_file_of_tensors_is_named(tmp_path: Path, header: object) -> None:
    path = UPath(tmp_path / "x.safetensors")
    told = json.dumps(header).encode()
    path.write_bytes(len(told).to_bytes(8, "little") + told)
    with pytest.raises(CorruptFile, match=rf"^{path}: no readable safetensors"):
        tensors.refuse_damaged(path)


@pytest.mark.parametrize("change", [1, -1])
def test_a_byte_too_many_or_too_few_is_seen(tmp_path: Path, change: int) -> None:
    path = UPath(tmp_path / "x.safetensors")
    content = safetensors.torch.save({"a": torch.ones(3)})
    path.write_bytes(content + b"x" if change > 0 else content[:-1])
    with pytest.raises(CorruptFile):
        tensors.refuse_damaged(path)
