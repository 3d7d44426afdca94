"""Run a whole program and watch all of its processes from outside: CPU, clock, memory."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import environment

SAMPLE_SECONDS = 0.05
LOOKS_PER_SEARCH = 10
"""New processes are looked for each half second only: it means to read all of /proc."""
TIMEOUT_SECONDS = 1800
KIB_PER_MIB = 1024
SESSION_FIELD = 3
"""Of /proc/<pid>/stat, counted from behind the program's name."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a program took, imports and children and all.

    `peak_mib` is the largest sum over its processes (PSS: shared pages count once), seen every
    50 ms; `largest_mib` is the most that any one process held, as the kernel counts it (RSS).
    `told` is the JSON that it wrote last.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float
    largest_mib: float
    told: dict[str, Any]


def run_tree(command: Sequence[str]) -> Taken:
    """Run a program to its end; its last line is JSON."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as wrong:
        started = time.monotonic()
        child = subprocess.Popen(
            command, env=environment(), stdout=out, stderr=wrong, start_new_session=True
        )
        peak_kib, looks = 0, 0
        # wait4 tells the child's use and that of all that it has waited for.
        while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
            if looks % LOOKS_PER_SEARCH == 0:
                members = [*_members(child.pid)]
            looks += 1
            peak_kib = max(peak_kib, sum(map(_pss_kib, members)))
            if time.monotonic() - started > TIMEOUT_SECONDS:
                os.killpg(child.pid, signal.SIGKILL)
            time.sleep(SAMPLE_SECONDS)
        wall_seconds = time.monotonic() - started
        _, status, used = ended
        child.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, wrong):
            stream.seek(0)
        if child.returncode:
            raise SystemExit(f"{command[:3]} failed ({child.returncode}):\n{wrong.read()[-2000:]}")
        told = json.loads(out.read().splitlines()[-1])
    cpu_seconds = used.ru_utime + used.ru_stime
    return Taken(
        cpu_seconds, wall_seconds, peak_kib / KIB_PER_MIB, used.ru_maxrss / KIB_PER_MIB, told
    )


def _members(session: int) -> Iterator[int]:
    """Give the processes of a session that run now."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            # It has ended between the two looks.
            continue
        if int(fields[SESSION_FIELD]) == session:
            yield int(entry.name)


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
