"""`irodori sample-booru`: the embedded board, to browse or to scrape."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.parser import Parser
from flows.presets import preset
from storage.errors import BadInput

DEFAULT_PORT = 8765
FAULTS = "429:0.1,reset:3,gone:0.02"


@dataclass(frozen=True, slots=True)
class SampleBooruCommand:
    """At which port, with how many posts, and how it misbehaves."""

    port: int
    posts: int
    faults: str
    seed: int


def parse(words: Sequence[str]) -> SampleBooruCommand:
    """Understand the words after `irodori sample-booru`.

    Raises:
        BadInput: they cannot be understood.
        SystemExit: help was asked for, and has been printed.
    """
    # Only who asks for the board needs it.
    from scraper.sample_booru.faults import KINDS  # noqa: PLC0415

    parser = Parser(
        prog="irodori sample-booru",
        usage="irodori sample-booru [--port N] [--posts N] [--faults KIND:HOW,...] [--seed N]",
        description="Serve the embedded sample booru, until Ctrl-C.",
    )
    parser.add_port(DEFAULT_PORT)
    sample = preset("sample")
    parser.add_argument(
        "--posts",
        type=int,
        default=sample.scraper.sample_posts,
        metavar="N",
        help="so many (default: %(default)s)",
    )
    kinds = ", ".join(f"{name} ({kind.meaning})" for name, kind in KINDS.items())
    parser.add_argument(
        "--faults",
        default="",
        metavar="KIND:HOW,...",
        help=f"misbehave on purpose, as {FAULTS} does; there are {kinds}",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=sample.seed,
        metavar="N",
        help="the faults follow from it (default: %(default)s)",
    )
    asked = parser.understand(words)
    if asked.posts < 1:
        raise BadInput(f"--posts {asked.posts}: wanted 1 or more")
    return SampleBooruCommand(asked.port, asked.posts, asked.faults, asked.seed)


def answer(command: SampleBooruCommand) -> tuple[str, int]:
    """Serve it; give what to print when it has closed, and the exit code.

    Raises:
        BadInput: the port is taken, there are fewer drawings, or a fault is unknown.
    """
    # Only who serves needs a web server.
    from scraper.sample_booru import serving  # noqa: PLC0415

    serving.run(command.port, command.posts, command.faults, seed=command.seed)
    return "the sample booru has closed", 0
