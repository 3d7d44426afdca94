"""The words after `irodori app`, `colorize` and `export` -> what is asked."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from app.config import DEFAULT_REACH_PX, Batch, Kind, check
from flows.parser import Parser
from storage import files
from storage.errors import BadInput
from storage.layout import DataLayout

DEFAULT_PORT = 8766
CHECKPOINT = (
    "a step's folder, a train/<key> folder or the first digits of its key (default: the newest)"
)


@dataclass(frozen=True, slots=True)
class Of:
    """Which model: below which root, by which name (empty: the newest), on which device."""

    root: str
    checkpoint: str
    device: str


@dataclass(frozen=True, slots=True)
class AppCommand:
    """The page: at which port, and whether a browser is opened."""

    of: Of
    port: int = DEFAULT_PORT
    opens: bool = True


@dataclass(frozen=True, slots=True)
class ColorizeCommand:
    """A batch, and the model that colours it."""

    of: Of
    batch: Batch


@dataclass(frozen=True, slots=True)
class ExportCommand:
    """One model, as a file of ONNX."""

    of: Of
    out: Path


def parse_app(words: Sequence[str]) -> AppCommand:
    """Understand the words after `irodori app`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = _parser("app", "[--port N] [--no-browser]", "Open the page that colours line art.")
    parser.add_port(DEFAULT_PORT)
    parser.add_argument("--no-browser", action="store_true", help="only say where the page is")
    asked = parser.understand(words)
    return AppCommand(_of(asked), asked.port, not asked.no_browser)


def parse_colorize(words: Sequence[str]) -> ColorizeCommand:
    """Understand the words after `irodori colorize`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = _parser(
        "colorize",
        "LINES... -o DIR [--hint PATH] [--palette PICTURE]",
        "Colour files or whole folders of line art, each at its own size.",
    )
    parser.add_argument("lines", nargs="*", metavar="LINES", help="files or folders of line art")
    parser.add_argument("-o", "--out", default="", metavar="DIR", help="where the answers go")
    parser.add_argument(
        "--hint",
        default="",
        metavar="PATH",
        help="strokes on a clear layer: a PNG, or a folder with one of each drawing's name",
    )
    parser.add_argument(
        "--palette",
        default="",
        metavar="PICTURE",
        help="give each stroke the nearest of this picture's main colours",
    )
    parser.add_argument(
        "--reach-px",
        type=float,
        default=DEFAULT_REACH_PX,
        metavar="N",
        help=f"how far strokes run out, at 256 px (default: {DEFAULT_REACH_PX:g})",
    )
    parser.add_argument(
        "--max-px", type=int, default=0, metavar="N", help="the longer side at most (default: own)"
    )
    parser.add_argument("--clean", action="store_true", help="the drawings are scans or photos")
    parser.add_argument(
        "--format",
        default="png",
        choices=get_args(Kind),
        help="ora: lines, hints and colours as layers",
    )
    parser.add_argument(
        "--skip-existing", action="store_true", help="go on where it was stopped before"
    )
    asked = parser.understand(words)
    batch = Batch(
        lines=tuple(Path(each) for each in asked.lines),
        out=Path(asked.out),
        hint=Path(asked.hint) if asked.hint else None,
        palette=Path(asked.palette) if asked.palette else None,
        reach_px=asked.reach_px,
        max_px=asked.max_px,
        clean=asked.clean,
        kind=asked.format,
        goes_on=asked.skip_existing,
    )
    _refuse_what_makes_no_sense(batch, asked.out)
    return ColorizeCommand(_of(asked), batch)


def parse_export(words: Sequence[str]) -> ExportCommand:
    """Understand the words after `irodori export`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    parser = _parser(
        "export", "[-o FILE]", "Write a model as an ONNX file, for programs without torch."
    )
    out = "irodori.onnx"
    parser.add_argument("-o", "--out", default=out, metavar="FILE", help=f"(default: {out})")
    asked = parser.understand(words)
    place = Path(asked.out)
    if place.is_dir():
        raise BadInput(f"--out {place}: is a folder; name a file in it")
    if any(map(files.is_file, place.parents)):
        raise BadInput(f"--out {place}: lies below a file; name a file in a folder")
    return ExportCommand(_of(asked), place)


def _parser(verb: str, usage: str, description: str) -> Parser:
    parser = Parser(
        prog=f"irodori {verb}",
        usage=f"irodori {verb} {usage} [--checkpoint PATH] [--root DIR]",
        description=description,
    )
    parser.add_argument("--checkpoint", default="", metavar="PATH", help=CHECKPOINT)
    parser.add_root("where models are sought")
    parser.add_device()
    return parser


def _of(asked: Namespace) -> Of:
    root = DataLayout.at(asked.root).root
    # A root that is not there may do: a model can be named by its folder.
    place = Path(root.path)
    if files.is_local(root) and any(map(files.is_file, (place, *place.parents))):
        raise BadInput(f"--root {root}: is, or is below, a file; name the folder with the models")
    return Of(asked.root, asked.checkpoint, asked.device)


def _refuse_what_makes_no_sense(batch: Batch, out: str) -> None:
    if not batch.lines:
        raise BadInput("colorize: name files or folders of line art")
    if not out:
        raise BadInput("colorize: -o DIR is missing; name the folder for the answers")
    if batch.palette and not batch.hint:
        raise BadInput("--palette: changes the colours of strokes; name them with --hint")
    if files.is_file(batch.out):
        raise BadInput(f"--out {batch.out}: is a file; name a folder for the answers")
    check(batch.reach_px, batch.max_px)
