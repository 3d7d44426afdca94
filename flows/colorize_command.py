"""`irodori colorize`: a batch of line art, coloured file by file."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.config import Batch
from flows.app_words import ColorizeCommand
from flows.terminal import named, plain
from storage.layout import DataLayout
from storage.progress import watch

if TYPE_CHECKING:
    from app.batch import Done

logger = logging.getLogger(__name__)


def answer(command: ColorizeCommand) -> tuple[str, int]:
    """Colour; give what to print, and the exit code: 1 if a drawing was skipped.

    Raises:
        BadInput: nothing can be coloured like this.
    """
    # Only who colours needs torch.
    from app.batch import colorize, pages  # noqa: PLC0415
    from app.models import open_models  # noqa: PLC0415

    layout = DataLayout.at(command.of.root)
    layout.check()
    listed = pages(command.batch)
    painter = open_models(layout, command.of.device, command.of.checkpoint).painter()
    done = []
    with watch("colorize", len(listed)) as advance:
        for each in colorize(listed, command.batch, painter):
            done.append(each)
            if each.why:
                told = plain(f"skipped file={each.page.lines} because={each.why}")
                logger.warning("%s", told.plain)
            advance()
    return "\n".join(told_of(done, command.batch)), 1 if any(each.why for each in done) else 0


def told_of(done: Sequence["Done"], batch: Batch) -> list[str]:
    """Say what became of a batch, line by line."""
    skipped = [each.why for each in done if each.why]
    there = sum(each.was_there for each in done)
    told = f"coloured {len(done) - len(skipped) - there} of {len(done)} drawings"
    told += f", {there} were there already" if there else ""
    lines = [f"{told}: {batch.out}"]
    pale = sum(each.is_pale for each in done)
    if pale and not batch.hint:
        lines.append(f"{pale} came out nearly without colour; name strokes for them with --hint")
    if skipped:
        lines.append(f"skipped: {named(plain(why).plain for why in skipped)}")
    return lines
