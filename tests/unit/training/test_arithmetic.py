import pytest
import torch

from training.arithmetic import Arithmetic


@pytest.mark.parametrize(("device", "tries"), [("cpu", False), ("cuda", True)])
def test_a_cpu_repeats_its_bits_and_a_gpu_looks_for_its_fastest_kernels(
    device: str, *, tries: bool
) -> None:
    how = Arithmetic(torch.device(device), bf16=False, penalty_form="analytic")
    before = torch.backends.cudnn.benchmark, torch.are_deterministic_algorithms_enabled()
    with how.kernels():
        assert torch.backends.cudnn.benchmark is tries
        assert torch.are_deterministic_algorithms_enabled() is not tries
    assert before == (
        torch.backends.cudnn.benchmark,
        torch.are_deterministic_algorithms_enabled(),
    )
