import math

import pytest
import torch

from training import losses


def test_l1_and_l2_are_means_over_all_numbers() -> None:
    fake, real = torch.zeros(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.5)
    assert losses.l1(fake, real).item() == 0.5
    assert losses.l2(fake, real).item() == 0.25


def test_total_variation_sums_channels_inside_the_root() -> None:
    # One step of height 1 to the right in all three channels, in 2 of the 3 x 3 places looked at.
    picture = torch.zeros(1, 3, 4, 4)
    picture[..., 2:] = 1.0
    assert losses.total_variation(picture).item() == pytest.approx(math.sqrt(3) / 3, abs=1e-3)


def test_a_plain_picture_has_next_to_no_total_variation_and_a_finite_gradient() -> None:
    picture = torch.ones(1, 3, 8, 8, requires_grad=True)
    value = losses.total_variation(picture)
    value.backward()
    assert value.item() <= 1.01e-4
    assert picture.grad is not None
    assert torch.isfinite(picture.grad).all()


def test_the_wasserstein_estimate_grows_as_real_scores_rise_above_fake() -> None:
    real, fake = torch.tensor([3.0, 1.0]), torch.tensor([-1.0, 0.0])
    assert losses.wasserstein(real, fake).item() == 2.5


def test_the_adversarial_weight_doubles_at_half_the_size() -> None:
    assert losses.size_factor(256) == 1
    assert losses.size_factor(128) == 2


def test_losses_of_bf16_pictures_are_taken_in_fp32() -> None:
    picture = torch.rand(1, 3, 8, 8).bfloat16()
    for value in (
        losses.l1(picture, picture),
        losses.l2(picture, picture),
        losses.total_variation(picture),
        losses.wasserstein(picture.flatten(), picture.flatten()),
        losses.says_real(picture.flatten()),
        losses.says_fake(picture.flatten()),
    ):
        assert value.dtype == torch.float32


def test_lines_are_where_it_is_darker_than_near_by() -> None:
    picture = torch.ones(1, 3, 8, 8)
    picture[..., 3] = -1.0
    wanted = torch.zeros(1, 1, 8, 8)
    wanted[..., 3] = 2.0
    assert torch.equal(losses.lines(picture), wanted)
    assert losses.lines(torch.full((1, 3, 8, 8), -0.3)).abs().max() == 0


def test_brightness_is_the_first_channel_and_gray_has_no_colour() -> None:
    white, red = torch.ones(1, 3, 1, 1), torch.tensor([1.0, -1.0, -1.0]).reshape(1, 3, 1, 1)
    gray = losses.yuv(white * 0.5).flatten()
    assert gray.tolist() == pytest.approx([0.5, 0, 0], abs=0.01)
    # 0.299 of full brightness, on a scale from -1 to 1.
    assert losses.yuv(red).flatten()[0].item() == pytest.approx(2 * 0.299 - 1, abs=0.01)


def test_lines_are_learned_by_the_brightest_pixel_too() -> None:
    picture = torch.full((1, 3, 5, 5), -1.0)
    picture[..., 2, 2] = 1.0
    picture.requires_grad_()
    losses.lines(picture).sum().backward()
    # The one bright pixel is the brightest near all nine around it, itself among them.
    assert picture.grad is not None
    assert picture.grad[0, :, 2, 2].tolist() == pytest.approx([8 / 3] * 3)


def test_total_variation_looks_from_each_pixel_to_its_right_and_to_the_one_below() -> None:
    picture = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    lengths = []
    for shown in picture:
        for row in range(3):
            for column in range(4):
                here = shown[:, row, column]
                down, right = shown[:, row + 1, column] - here, shown[:, row, column + 1] - here
                lengths.append((down.square().sum() + right.square().sum()).sqrt().item())
    wanted = sum(lengths) / len(lengths)
    assert losses.total_variation(picture).item() == pytest.approx(wanted, abs=1e-4)
