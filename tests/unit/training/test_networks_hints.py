"""How the networks that are particular about hints read them."""

import cv2
import numpy as np
import torch

from training.networks.alacgan import shrink_hint
from training.networks.paintschainer import PaintsChainerUNet, to_rgb, to_yuv


def test_yuv_is_that_of_opencv_and_goes_back_to_the_same_rgb() -> None:
    rgb = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = cv2.cvtColor(rgb[0].permute(1, 2, 0).numpy(), cv2.COLOR_RGB2YUV)
    yuv = to_yuv(rgb * 2 - 1)
    found = (yuv[0].permute(1, 2, 0).numpy() + 1) / 2
    np.testing.assert_allclose(found, expected, atol=1e-3)
    torch.testing.assert_close(to_rgb(yuv), rgb * 2 - 1)


def test_for_paintschainer_a_white_hint_is_another_thing_than_no_hint() -> None:
    torch.manual_seed(0)
    network = PaintsChainerUNet(width=4, hint_channels=4).eval()
    edge, white = torch.rand(1, 1, 32, 32), torch.ones(1, 3, 32, 32)
    color = torch.rand(1, 3, 32, 32)
    nowhere, everywhere = torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32)

    def colored(hint: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        picture: torch.Tensor = network(edge, torch.cat([hint, mask], dim=1))
        return picture

    assert torch.equal(colored(white, nowhere), colored(color, nowhere))
    assert torch.equal(colored(white, nowhere), colored(white, -everywhere))
    assert not torch.equal(colored(white, nowhere), colored(white, everywhere))


def test_paintschainers_clipped_pixels_still_learn() -> None:
    network = PaintsChainerUNet(width=4)
    with torch.no_grad():
        network.exit.bias.fill_(5)
    color = network(torch.rand(2, 1, 32, 32), torch.rand(2, 3, 32, 32))
    assert (color == 1).any()
    color.sum().backward()
    assert network.exit.bias.grad is not None
    assert network.exit.bias.grad.abs().min() > 0


def test_a_small_pixel_of_alacgans_hint_is_the_mean_of_the_colours_wished_in_it() -> None:
    hint = torch.ones(1, 4, 8, 8)
    hint[:, 3] = 0
    hint[0, :, 1, 2] = torch.tensor([0.5, -0.5, 0.0, 1.0])
    hint[0, :, 3, 3] = torch.tensor([-0.1, -0.5, 1.0, 1.0])
    small = shrink_hint(hint)
    assert small.shape == (1, 4, 2, 2)
    torch.testing.assert_close(small[0, :, 0, 0], torch.tensor([0.2, -0.5, 0.5, 1.0]))
    assert not small[0, :, 1].any()
    assert not small[0, :, 0, 1].any()


def test_without_a_mask_it_is_the_mean_of_all() -> None:
    hint = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(shrink_hint(hint)[0, :, 0, 1], hint[0, :, :4, 4:].mean(dim=(1, 2)))


def test_paintschainer_is_told_of_no_hint_as_its_code_tells_it() -> None:
    network = PaintsChainerUNet(width=4, hint_channels=4)
    seen: list[torch.Tensor] = []
    network.enter.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    rgb, mask = torch.rand(1, 3, 32, 32) * 2 - 1, -torch.ones(1, 1, 32, 32)
    mask[..., 3, 5] = 1
    network(torch.zeros(1, 1, 32, 32), torch.cat([rgb, mask], dim=1))
    # In bytes, as OpenCV has them, gray being 128 in U and V.
    yuv = seen[0][0, 1:] * 127.5 + torch.tensor([127.5, 128, 128]).view(3, 1, 1)
    torch.testing.assert_close(yuv[:, 0, 0], torch.tensor([-512.0, 128.0, 128.0]))
    wished = to_yuv(rgb)[0, :, 3, 5]
    torch.testing.assert_close(seen[0][0, 1:, 3, 5], wished)
    assert (yuv[0] == yuv[0, 0, 0]).sum() == 32 * 32 - 1
