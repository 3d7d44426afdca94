"""What every section of the configuration is: frozen, typed, and refusing unknown keys.

The sentence under a field is its comment, its command-line help, its text in the
Prefect form and its line in docs/configuration.md. Which sections there are is the
business of the stages.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

OPERATIONAL: dict[str, Any] = {"operational": True}
"""Marks a field that says how to work (pace, threads), not what to make: no part of a stage key."""


SPELLED = {
    **{"url": "URL", "md5": "MD5", "sha256": "SHA-256", "tv": "TV", "ema": "EMA", "bn": "BN"},
    "num": "number of",
}
UNITS = ("px", "bytes", "seconds", "minutes", "deg")


def _title(name: str, _: object) -> str:
    """Give a field's name as a form shows it: `min_side_px` -> "Min side (px)"."""
    *words, last = [SPELLED.get(word, word) for word in name.split("_")]
    is_unit = last in UNITS and words not in ([], ["max"])
    told = f"{' '.join(words)} ({last})" if is_unit else " ".join([*words, last])
    return told[0].upper() + told[1:]


class Section(BaseModel):
    """One stage's knobs."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        field_title_generator=_title,
        model_title_generator=lambda section: section.__name__.removesuffix("Config"),
    )

    def settings(self) -> dict[str, Any]:
        """What makes this section's output: every field but the operational ones, JSON-ready."""
        operational = {
            name
            for name, field in type(self).model_fields.items()
            if isinstance(field.json_schema_extra, dict)
            and field.json_schema_extra.get("operational")
        }
        return self.model_dump(mode="json", exclude=operational)


def absolute(path: str) -> str:
    """Name a file or folder in one way only, from wherever it is named; empty stays empty.

    Raises:
        ValueError: it lies in the home of somebody whom nobody knows, or its name is no UTF-8.
    """
    try:
        path.encode()
        place = Path(path).expanduser()
        # What `..` stands for, links considered, is for the system to say.
        return str(place.resolve() if ".." in place.parts else place.absolute()) if path else ""
    except UnicodeEncodeError as error:
        raise ValueError("wanted a place whose name is UTF-8") from error
    except RuntimeError as error:
        raise ValueError("wanted a place in a home that is known here") from error
