"""Settings as flat names, so that two of them can be laid side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One setting of a stage, and what it was and is; None where one side does not know it."""

    stage: str
    name: str
    before: Any
    after: Any


def changes(stage: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List what differs between two settings of a stage, in the order of their names."""
    old, new = flat(before), flat(after)
    return [
        Change(stage, name, old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def departures(
    stage: str, defaults: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[Change]:
    """List where a stage's settings are not the defaults; what they do not know is left out."""
    return [each for each in changes(stage, defaults, settings) if each.after is not None]


def flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Spread nested settings out: `{"hints": {"max_blocks": 10}}` is `hints.max_blocks`."""
    spread: dict[str, Any] = {}
    for name, value in sorted(settings.items()):
        if isinstance(value, Mapping):
            spread |= flat(value, f"{above}{name}.")
        else:
            # A record comes from JSON, which has lists alone.
            spread[above + name] = list(value) if isinstance(value, tuple) else value
    return spread
