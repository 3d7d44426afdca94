"""The other processes of `torchrun -m flows train`: they train, and leave all else to the first.

They start no server and no flow, keep no log and write no file. What goes wrong is said once: by
the first process, if it goes wrong for all; by the first of a machine, if it may be the machine's
fault; by this one, if nobody else can know it.
"""

import logging
import time
from collections.abc import Sequence

import training.stage
from flows import command_line, plan
from storage.errors import BadInput, LostPeer
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.place import Place

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 30


def answer(arguments: Sequence[str], place: Place) -> tuple[str, int]:
    """Help to do what the command line asks; give what there is to say, and the exit code."""
    try:
        _help(arguments, place)
    except KeyboardInterrupt:
        return "", 130
    except LostPeer:
        return _leave_it_to_others(), 1
    except BadInput as error:
        return f"{place}: {error}" if place.on_machine == 0 else _leave_it_to_others(), 2
    except Exception as error:
        logger.debug("failed", exc_info=True)
        return f"{place}: {type(error).__name__}: {error}", 1
    return "", 0


def require_training(verb: str, place: Place) -> None:
    """Refuse what several processes cannot do together.

    Raises:
        BadInput: the verb is another than train.
    """
    if place.size > 1 and verb != Stage.TRAIN:
        raise BadInput(f"{verb}: torchrun is for train alone; run this without torchrun")


def _leave_it_to_others() -> str:
    # Who ends first has torchrun end all others, maybe before they could say why; this one waits
    # to be ended.
    time.sleep(PATIENCE_SECONDS)
    return ""


def _help(arguments: Sequence[str], place: Place) -> None:
    command = command_line.parse(arguments)
    require_training(command.verb, place)
    config, layout = command.config, DataLayout.at(command.config.root)
    layout.check()
    paired = plan.require(config, Stage.CONDITION, layout)
    wanted = config.training_of(config.training.recipe)
    training.stage.train_along(wanted, paired, layout, config.seed)
