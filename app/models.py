"""The models that are at hand, the newest first, and the one that is in memory."""

from contextlib import suppress
from dataclasses import dataclass

import torch

from app.painter import Painter, learns_from_wash, open_painter
from evaluation.colorize import device_of
from evaluation.folder_checkpoint import Source, find_checkpoint
from storage import ledger
from storage.errors import BadInput, IrodoriError
from storage.layout import DataLayout
from storage.ledger import Stage


@dataclass(frozen=True, slots=True)
class Model:
    """What there is to choose from: a finished training, by its key.

    `needs_reach` tells that strokes have to run out for it.
    """

    key: str
    recipe: str
    step: int
    size_px: int
    needs_reach: bool
    finished_at: str


def open_models(layout: DataLayout, device: str, named: str = "") -> "Models":
    """Give the models below a root, or one that is named.

    Raises:
        BadInput: there is no such model or device.
    """
    models = Models(layout, device_of(device), named)
    if named:
        models.source_of("")
    return models


class Models:
    """Models below a root, or one that is named; one of them is in memory at a time.

    Whoever shares it lets one ask after the other.
    """

    def __init__(self, layout: DataLayout, device: torch.device, named: str = "") -> None:
        self._layout = layout
        self._device = device
        self._named = named
        self._open: tuple[str, Painter] | None = None

    def listed(self) -> list[Model]:
        """List what can be chosen, the newest first; a model that cannot be read is left out."""
        if self._named:
            source = find_checkpoint(self._named, self._layout)
            return [_model(source, source.train or self._named, "")]
        found = []
        for record in ledger.listed(self._layout, Stage.TRAIN).records:
            with suppress(IrodoriError):
                source = find_checkpoint(record.key, self._layout)
                found.append(_model(source, record.key, record.ended_at))
        return found

    def painter(self, key: str = "") -> Painter:
        """Give a model, and keep it in memory in place of the one before; empty for the newest.

        Raises:
            BadInput: there is no such model, or none at all.
        """
        if self._open and self._open[0] == key:
            return self._open[1]
        source = self.source_of(key)
        if self._open is None or self._open[1].source != source:
            # The old one goes before the new one comes.
            self._open = None
            self._open = (key or source.train, open_painter(source, self._device))
        return self._open[1]

    def source_of(self, key: str) -> Source:
        """Give the checkpoint of a model; empty for the newest.

        Raises:
            BadInput: there is no such model, or none at all.
        """
        known = [model.key for model in self.listed()] if key else []
        if key not in ("", *known):
            raise BadInput(f"there is no model {key!r}; there are: {', '.join(known) or 'none'}")
        return find_checkpoint(self._named or key, self._layout)


def _model(source: Source, key: str, ended: str) -> Model:
    recipe = source.recipe or "checkpoint"
    return Model(key, recipe, source.step, source.size_px, learns_from_wash(source), ended)
