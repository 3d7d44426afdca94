"""What this machine can multiply: the yardstick for everything that is trained on it."""

import time
from collections.abc import Callable

import torch

GIGA = 1e9
SECONDS = 1.0


def matmul_gflops(device: torch.device, dtype: torch.dtype) -> float:
    """Give the best rate of a square matrix product, in GFLOP/s: a multiply-add counts 2."""
    side = 8192 if device.type == "cuda" else 2048
    one, other = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    best, clock = float("inf"), clock_of(device)
    started = clock()
    while clock() - started < SECONDS:
        before = clock()
        torch.mm(one, other)
        wait(device)
        best = min(best, clock() - before)
    return 2 * side**3 / best / GIGA


def clock_of(device: torch.device) -> Callable[[], float]:
    """Give what to time with: on one thread CPU time, which others on the machine do not change."""
    is_alone = device.type == "cpu" and torch.get_num_threads() == 1
    return time.process_time if is_alone else time.perf_counter


def wait(device: torch.device) -> None:
    """Wait until the device has done all that it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
