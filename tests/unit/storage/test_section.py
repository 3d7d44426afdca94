"""A section as a form shows it."""

import pytest
from pydantic import Field

from storage.section import Section


class ToyConfig(Section):
    """A section."""

    min_side_px: int = Field(3)
    """The shorter side."""
    max_bytes: int = 4
    """The most."""
    base_url: str = ""
    """The address."""
    num_val: int = 2
    """Pictures."""
    seconds: float = 1.0
    """Time."""


@pytest.mark.parametrize(
    ("field", "title"),
    [
        ("min_side_px", "Min side (px)"),
        ("max_bytes", "Max bytes"),
        ("base_url", "Base URL"),
        ("num_val", "Number of val"),
        ("seconds", "Seconds"),
    ],
)
def test_a_fields_title_is_its_name_in_words_with_the_unit_behind(field: str, title: str):
    shown = ToyConfig.model_json_schema()
    assert shown["title"] == "Toy"
    assert shown["properties"][field]["title"] == title
