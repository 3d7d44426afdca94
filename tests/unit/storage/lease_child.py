"""Another process that writes a stage of three files, and says what it finds and does.

It stops itself before the second file if it is told to: then it is in the midst of it for sure.
"""

import logging
import os
import signal
import sys

from storage import files, ledger
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.section import Section

if __name__ == "__main__":
    root, *words = sys.argv[1:]
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    opened = ledger.open_stage(Stage.CLEAN, Section(), inputs={}, layout=DataLayout.at(root))
    if not opened.finished:
        for number in range(3):
            if number == 1 and "stop" in words:
                os.kill(os.getpid(), signal.SIGSTOP)
            if not (opened.folder / f"{number}.txt").exists():
                files.write_text(opened.folder / f"{number}.txt", f"content {number}")
                logging.info("wrote %d", number)
        opened.seal({"files": 3})
