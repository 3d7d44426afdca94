import torch

from evaluation.exactly import exactly


def test_who_asks_exactly_lets_no_gpu_round_and_leaves_all_as_it_was() -> None:
    cudnn = torch.backends.cudnn
    before = cudnn.enabled, cudnn.allow_tf32, cudnn.benchmark
    with exactly():
        assert torch.is_inference_mode_enabled()
        assert (cudnn.enabled, cudnn.allow_tf32) == (True, False)
    assert (cudnn.enabled, cudnn.allow_tf32, cudnn.benchmark) == before
    assert not torch.is_inference_mode_enabled()
