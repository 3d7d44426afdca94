"""The words after `irodori evaluate` that name a folder -> what is judged, by which checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from evaluation.folder import Asked
from flows.parser import Parser
from preprocessing.config import OneHintKind
from storage.errors import BadInput

HINTS = get_args(OneHintKind)
DEFAULT_OUT = "evaluated"
SIZES = range(32, 2049, 16)
OWN_FLAGS = ("--pictures", "--lines", "--checkpoint")
"""Any of these asks for a folder; without them `evaluate` is a stage of the pipeline."""

USAGE = (
    "irodori evaluate --pictures DIR [--lines DIR] [--checkpoint PATH]"
    " [--out DIR] [--hints KIND] [--size-px N]"
)


@dataclass(frozen=True, slots=True)
class EvaluateCommand:
    """What is asked; the root is where a checkpoint named by its key is sought."""

    asked: Asked
    root: str


def is_meant(words: Sequence[str]) -> bool:
    """Whether the words ask for a folder."""
    return any(word.split("=")[0] in OWN_FLAGS for word in words)


def parse(words: Sequence[str]) -> EvaluateCommand:
    """Understand the words after `irodori evaluate`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = Parser(
        prog="irodori evaluate",
        usage=USAGE,
        description="Score any folder of pictures, or colour any folder of line art, with a"
        " checkpoint. Nothing of the pipeline is needed, and nothing below the root is written.",
    )
    parser.add_argument("--pictures", default="", metavar="DIR", help="pictures to be scored on")
    parser.add_argument(
        "--lines",
        default="",
        metavar="DIR",
        help="line art: of the picture of the same stem; what has no picture is coloured alone",
    )
    parser.add_argument(
        "--checkpoint",
        default="",
        metavar="PATH",
        help="a step's folder, a train/<key> folder (its best, else its newest), or the first"
        " digits of its key (default: the newest training)",
    )
    parser.add_argument(
        "-o", "--out", default=DEFAULT_OUT, metavar="DIR", help=f"(default: {DEFAULT_OUT})"
    )
    parser.add_argument(
        "--hints", default="", choices=HINTS, help="(default: as in the checkpoint's dataset)"
    )
    parser.add_argument(
        "--size-px", type=int, default=0, metavar="N", help="(default: as it was trained)"
    )
    parser.add_device()
    parser.add_root("where keys are sought")
    said = parser.understand(words)
    asked = Asked(
        checkpoint=said.checkpoint,
        out=said.out,
        pictures=said.pictures,
        lines=said.lines,
        hints=said.hints,
        size_px=said.size_px,
        device=said.device,
    )
    _refuse_what_makes_no_sense(asked)
    return EvaluateCommand(asked, said.root)


def _refuse_what_makes_no_sense(asked: Asked) -> None:
    if not asked.pictures and not asked.lines:
        raise BadInput("evaluate: name --pictures DIR, --lines DIR or both")
    if asked.size_px and asked.size_px not in SIZES:
        raise BadInput(
            f"--size-px {asked.size_px}: wanted a multiple of {SIZES.step}"
            f" from {SIZES.start} to {SIZES[-1]}"
        )
