"""The networks at their published widths: what they weigh, see and cost."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

from training.networks.alacgan import AlacGanCritic, AlacGanGenerator
from training.networks.auto_painter import AutoPainterCritic, AutoPainterUNet
from training.networks.critic import Critic
from training.networks.deepcolor import DeepcolorCritic, DeepcolorUNet
from training.networks.flops import gflop
from training.networks.paintschainer import PaintsChainerCritic, PaintsChainerUNet
from training.networks.pix2pix import PatchCritic, Pix2pixUNet
from training.networks.unet import UNet
from training.recipes import RECIPES


def on_meta(make: Callable[..., nn.Module], **facts: int) -> nn.Module:
    with torch.device("meta"):
        return make(**facts)


def num_parameters(network: nn.Module) -> int:
    return sum(value.numel() for value in network.parameters())


def weights(plan: Sequence[tuple[int, int]], kernel: int) -> int:
    """Count the kernels of convolutions, given as (inputs, outputs)."""
    return sum(inputs * outputs for inputs, outputs in plan) * kernel**2


def test_pix2pix_has_its_published_54_million_parameters() -> None:
    # The public code's network for three channels in, then one channel more, then two biases of
    # ours that it leaves out: the first convolution's and the bottom's.
    expected = 54_413_955 + 64 * 4**2 + 64 + 512
    assert num_parameters(on_meta(Pix2pixUNet, width=64, size_px=256)) == expected


def test_its_patch_critic_has_the_published_parameters_and_one_channel_more() -> None:
    assert num_parameters(on_meta(PatchCritic, width=64)) == 2_768_705 + 64 * 4**2


@pytest.mark.parametrize(("size_px", "levels", "dropouts"), [(256, 8, 3), (64, 6, 1), (32, 5, 0)])
def test_a_smaller_picture_has_fewer_levels_down_to_one_pixel(
    size_px: int, levels: int, dropouts: int
) -> None:
    network = on_meta(Pix2pixUNet, width=64, size_px=size_px)
    assert len(network.downs) == levels
    assert sum(isinstance(part, nn.Dropout) for part in network.modules()) == dropouts
    x = torch.empty(1, 4, size_px, size_px, device="meta")
    for down in network.downs:
        x = down(x)
    assert x.shape == (1, 512, 1, 1)


def test_auto_painter_is_pix2pix_with_kernels_of_nine_weights() -> None:
    w = 48
    down = [(4, w), (w, 2 * w), (2 * w, 4 * w), (4 * w, 8 * w), *[(8 * w, 8 * w)] * 4]
    up = [(8 * w, 8 * w), *[(16 * w, 8 * w)] * 3, (16 * w, 4 * w), (8 * w, 2 * w), (4 * w, w)]
    norms = 2 * (2 + 4 + 8 * 4 + 8 * 4 + 4 + 2 + 1) * w
    biases = w + 8 * w + 3
    expected = weights([*down, *up, (2 * w, 3)], kernel=3) + norms + biases
    assert num_parameters(on_meta(AutoPainterUNet, width=w, size_px=256)) == expected


def test_deepcolors_networks_have_the_layers_of_its_code() -> None:
    w = 64
    down = [(4, w), (w, 2 * w), (2 * w, 4 * w), (4 * w, 8 * w), (8 * w, 8 * w)]
    up = [(8 * w, 8 * w), (16 * w, 4 * w), (8 * w, 2 * w), (4 * w, w), (2 * w, 3)]
    norms = 2 * (2 + 4 + 8 + 8 + 8 + 4 + 2 + 1) * w
    expected = weights(down + up, kernel=5) + norms + w + 3
    assert num_parameters(on_meta(DeepcolorUNet, width=w)) == expected

    judged = weights([(7, w), *down[1:4]], kernel=5) + w + 2 * (2 + 4 + 8) * w
    linear = 32 * 32 * 8 * w + 1
    assert num_parameters(on_meta(DeepcolorCritic, width=w, size_px=256)) == judged + linear


def test_paintschainers_networks_have_the_layers_of_its_code() -> None:
    halved = [(32, 64), (64, 128), (128, 256), (256, 512)]
    doubled = [(1024, 512), (512, 256), (256, 128), (128, 64)]
    refined = [(4, 32), (64, 64), (128, 128), (256, 256), (512, 512)]
    narrowed = [(512, 256), (256, 128), (128, 64), (64, 32), (64, 3)]
    norms = 2 * (32 + 2 * (64 + 128 + 256 + 512) + 512 + 2 * (256 + 128 + 64) + 32)
    expected = weights(halved + doubled, 4) + weights(refined + narrowed, 3) + norms + 3
    assert num_parameters(on_meta(PaintsChainerUNet, width=32)) == expected

    judged = weights([(3, 32), (32, 64), (64, 128), (128, 256)], 4)
    judged += weights([(32, 32), (64, 64), (128, 128)], 3) + 2 * (2 * (32 + 64 + 128) + 256)
    critic = on_meta(PaintsChainerCritic, width=32, size_px=128)
    assert num_parameters(critic) == judged + 8 * 8 * 256 + 1


def test_alacgans_networks_weigh_what_its_code_does_without_the_tags_features() -> None:
    # Counted in the public code; less 512 planes of features that enter one convolution each.
    features = weights([(512, 512)], 3)
    generator = on_meta(AlacGanGenerator, width=64, hint_channels=4)
    assert num_parameters(generator) == 21_936_003 - features
    critic = on_meta(AlacGanCritic, width=64, size_px=512)
    folded_line = weights([(16 * 16, 512)], 3)
    assert num_parameters(critic) == 10_612_033 - features + folded_line


@pytest.mark.parametrize(("make", "side"), [(PatchCritic, 70), (AutoPainterCritic, 47)])
def test_a_patch_is_as_wide_as_its_name_says(make: Callable[..., nn.Module], side: int) -> None:
    torch.manual_seed(0)
    critic = make(width=4).eval().double()
    color = torch.rand(1, 3, 128, 128, dtype=torch.float64, requires_grad=True)
    logits = critic(color, torch.zeros(1, 4, 128, 128, dtype=torch.float64))
    logits[0, logits.shape[1] // 2 + int(logits.shape[1] ** 0.5) // 2].backward()
    assert color.grad is not None
    seen: Tensor = color.grad.abs().sum(dim=(0, 1)) > 0
    assert [int(seen.any(dim=axis).sum()) for axis in (0, 1)] == [side, side]


def test_one_forward_pass_costs_what_its_plan_says() -> None:
    with torch.device("meta"):
        generator = UNet(RECIPES["paper"], 256)
        critic = Critic(width=64, size_px=256)
    assert gflop(generator, (1, 256, 256), (3, 256, 256), (100,)) == pytest.approx(96.5, abs=0.05)
    assert gflop(critic, (3, 256, 256), (4, 256, 256)) == pytest.approx(3.99, abs=0.005)


def test_a_multiplication_with_its_addition_counts_two() -> None:
    conv = nn.Conv2d(3, 5, kernel_size=3, padding=1)
    assert gflop(conv, (3, 8, 8)) * 1e9 == 2 * (3 * 5 * 9) * 8 * 8


def test_counting_changes_nothing_in_a_network_at_work() -> None:
    network = Pix2pixUNet(width=4, size_px=32)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    on_cpu = gflop(network, (1, 32, 32), (3, 32, 32))
    assert on_cpu == gflop(on_meta(Pix2pixUNet, width=4, size_px=32), (1, 32, 32), (3, 32, 32))
    after = network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert network.training


@pytest.mark.parametrize(
    ("size_px", "dropped"), [(256, [2, 4, 8]), (128, [2, 4]), (64, [2]), (32, [])]
)
def test_pix2pix_drops_values_at_the_end_of_its_inmost_doublings(
    size_px: int, dropped: list[int]
) -> None:
    layers = [nn.ReLU, nn.ConvTranspose2d, nn.BatchNorm2d]
    # From one pixel at the bottom.
    for number, up in enumerate(Pix2pixUNet(width=2, size_px=size_px).ups, start=1):
        drop = [nn.Dropout] if 2**number in dropped else []
        assert [type(part) for part in up.children()] == [*layers, *drop]


def test_alacgans_tunnels_look_as_far_as_those_of_its_code() -> None:
    with torch.device("meta"):
        tunnels = AlacGanGenerator(width=64).tunnels
    # A block's convolution in groups is the one that looks around.
    convs = [[part for part in each.modules() if isinstance(part, nn.Conv2d)] for each in tunnels]
    wave = [1, 1, 2, 2, 4, 4, 2, 1]
    wanted = [[1] * 20, wave, wave, [1, 2, 4, 2, 1]]
    assert [[conv.dilation[0] for conv in each if conv.groups > 1] for each in convs] == wanted


def test_paintschainer_adds_to_a_variance_what_chainer_does() -> None:
    for network in (PaintsChainerUNet(width=2), PaintsChainerCritic(width=2, size_px=32)):
        norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
        assert {norm.eps for norm in norms} == {2e-5}
