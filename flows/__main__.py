"""The command `irodori`, also `python -m flows`.

Exit codes: 0 done, 1 a stage or a check failed, 2 bad input, 130 interrupted (Ctrl-C), 143 ended
(SIGTERM), 129 left by its terminal (SIGHUP); never a traceback, which is in the log instead. A
stage that was interrupted goes on where it was when the same command is run again; a folder is
judged anew.
"""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import yaml

from flows import command_line, logs, plan, train_along
from flows.command_line import Command
from flows.config import PipelineConfig
from scraper.folder import require_folder, tell_of_changes
from storage import ledger
from storage.errors import BadInput, IrodoriError, told_of_disk
from storage.files import is_local
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.place import Place
from storage.records import StageRecord

PREFECT_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_EXTRA_LOGGERS": ",".join(logs.ROOMS),
    # What a person sees here we say ourselves, and a traceback belongs in the log.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    # The plugin is for the command `prefect` alone.
    "PREFECT_PLUGINS_ENABLED": "false",
}

LOOPBACK = ("127.0.0.1", "localhost")
"""This machine's names for itself."""

GOING_ON = ("prune", "takedown", "up", "down")
"""Errands that go on where they were; all others start anew."""

# By name, since this module is called __main__ when it is run by `python -m`.
logger = logging.getLogger("flows.__main__")


class Terminated(KeyboardInterrupt):
    """SIGTERM asks for the same as Ctrl-C, and SIGHUP, when a terminal is closed."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


def main() -> None:
    """Do what the command line asks, and exit."""
    _ask_this_machine_directly()
    words, place = sys.argv[1:], Place.here()
    if place.rank:
        # The first process is the command; the others only train with it.
        sys.exit(_tell(*train_along.answer(words, place)))
    for number in (signal.SIGTERM, signal.SIGHUP):
        # What is ignored (nohup does so) stays so.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _terminate)
    sys.exit(answer(words))


def answer(arguments: Sequence[str]) -> int:
    """Do what is asked; say what went wrong in one line; give the exit code."""
    log = command = None
    new: list[Path] = []
    try:
        with told_of_disk():
            command = command_line.parse(arguments)
            train_along.require_training(command.verb, Place.here())
            logs.show()
            if command.errand:
                # What only reads may lie where nothing can be written, and keeps no log.
                told, code = command.errand()
            else:
                layout = DataLayout.at(command.config.root)
                if is_local(layout.root):
                    place = Path(str(layout.root)).absolute()
                    new = [each for each in (place, *place.parents) if not each.exists()]
                # Who only looks at what there is makes no root.
                log = None if command.verb == "show" and new else logs.keep(layout)
                layout.check()
                told, code = _obey(command), 0
        _say(told)
    except KeyboardInterrupt as asked:
        # Threads that still end have nobody to tell it to.
        logging.raiseExceptions = False
        told = f"interrupted; {what_follows(command)}"
        return _tell(told, asked.code if isinstance(asked, Terminated) else 130)
    except BadInput as error:
        if log and new:
            logs.drop(log, new)
        return _tell(str(error), 2)
    except IrodoriError as error:
        logger.debug("failed", exc_info=True)
        return _tell(f"{error}{_where(log)}", 1)
    except Exception as error:
        logger.debug("failed", exc_info=True)
        return _tell(f"{type(error).__name__}: {error}{_where(log)}", 1)
    return code


def what_follows(command: Command | None) -> str:
    """Say what the same command does after an interruption."""
    if command and command.verb == "colorize":
        return (
            "what was coloured stays, and with --skip-existing the same command goes on behind it"
        )
    if command is None or not command.errand or command.verb in GOING_ON:
        return "run the same command again and it goes on where it was"
    return "nothing was finished; the same command starts anew"


def _ask_this_machine_directly() -> None:
    """Leave a proxy out of what runs on this machine, such as Prefect's server: it reaches none."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    told = ",".join(filter(None, [known, *LOOPBACK]))
    os.environ |= {"no_proxy": told, "NO_PROXY": told}


def _terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise Terminated(number)


def _obey(command: Command) -> str:
    """Do what is asked; give the one line that answers it."""
    if command.verb == "show":
        return _shown(command.config)
    told = _run(command.verb, command.config)
    if command.verb == "run":
        logger.info("to colour line art with it: irodori app --root %s", command.config.root)
    return told


def _run(verb: str, config: PipelineConfig) -> str:
    layout = DataLayout.at(config.root)
    if found := plan.found(verb, config, layout):
        for label, record in found.items():
            logger.info("found finished stage=%s key=%s", label, record.key)
            ledger.warn_of_changed_inputs(record, layout)
        if config.scraper.folder and (scraped := found.get(Stage.SCRAPE)):
            tell_of_changes(config.scraper, scraped, layout)
        *_, made = found.values()
        return _answer_of(made, layout)

    inputs = plan.inputs_of(verb, config)
    if inputs:
        plan.require_all(config, inputs, layout)
    if not inputs and not plan.found(Stage.SCRAPE, config, layout):
        require_folder(config.scraper)

    for name, value in PREFECT_SETTINGS.items():
        os.environ.setdefault(name, value)
    # Prefect and torch are slow to import, and `show` and --help need neither.
    from flows import experiments, pipeline, runners, server, stages  # noqa: PLC0415

    runners.require(config)
    wholes = {
        "run": pipeline.full_pipeline,
        "refresh": stages.dataset_refresh,
        "experiments": experiments.experiments,
    }
    flow = wholes.get(verb) or getattr(stages, verb)
    with server.listening():
        record = flow(config)
    return _answer_of(record, layout)


def _answer_of(record: StageRecord, layout: DataLayout) -> str:
    """Give the place to look at."""
    folder = layout.stage(record.stage, record.key)
    pages = {Stage.REPORT.value: "report.html", Stage.EXPERIMENTS.value: "comparison.md"}
    return str(folder / pages[record.stage] if record.stage in pages else folder)


def _shown(config: PipelineConfig) -> str:
    found = plan.finished(config, DataLayout.at(config.root))
    stages = {
        str(label): f"{each.key} {'finished' if label in found else 'to do'}"
        for label, each in plan.plan(config).items()
    }
    # What an override leaves to the recipe is shown as the recipe says it.
    shown = config.model_dump(mode="json") | {"training": config.training.settings()}
    told: str = yaml.safe_dump(shown | {"stages": stages}, sort_keys=False, allow_unicode=True)
    return told.rstrip()


def _where(log: str | None) -> str:
    return f" (log: {log})" if log else ""


def _say(told: str) -> None:
    try:
        print(told, flush=True)
    except BrokenPipeError:
        # Who reads (`head`, say) has seen enough; nor may Python complain when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(line: str, code: int) -> int:
    if line:
        print(f"irodori: {' '.join(line.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
