import numpy as np
import pytest
import torch

from preprocessing.config import HintConfig
from preprocessing.hints import blur, hint_of, make_hints
from tests.pictures import drawing

PLAIN = {"num_whiteouts": 0, "blur_sigma_px": 0, "max_blocks": 0}


def _batch(*numbers: int, size_px: int = 256) -> torch.Tensor:
    pictures = np.stack([drawing(number, size_px) for number in numbers])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1


def _chance(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_with_nothing_asked_the_hint_is_the_truth():
    color = _batch(1, 2)
    assert torch.equal(make_hints(color, HintConfig(**PLAIN), _chance()), color)


def test_white_out_paints_that_many_squares_of_that_size():
    color = torch.full((4, 3, 256, 256), -1.0)
    hints = make_hints(color, HintConfig(**PLAIN | {"num_whiteouts": 1}), _chance())
    for hint in hints:
        rows, columns = torch.nonzero(hint[0] == 1, as_tuple=True)
        assert len(rows) == 100
        assert int(rows.max() - rows.min()) == int(columns.max() - columns.min()) == 9


def test_blocks_are_true_colours_of_the_configured_sizes():
    color = _batch(1) * 0.5
    config = HintConfig(num_whiteouts=0, blur_sigma_px=120, min_block_px=20, max_block_px=20)
    sizes = set()
    for seed in range(20):
        hint = make_hints(color, config, _chance(seed))
        true = (hint == color).all(dim=1)
        sizes.add(int(true.sum()) > 0)
        # Blocks may overlap, so no more than ten of 20x20; a few pixels match by accident.
        assert int(true.sum()) <= 10 * 400 + 300
    assert sizes == {True, False} or sizes == {True}


def test_the_order_is_white_out_then_blur_then_blocks():
    color = torch.full((1, 3, 256, 256), -1.0)
    everything = HintConfig(num_whiteouts=200, blur_sigma_px=28, min_block_px=28, max_block_px=28)
    hint = make_hints(color.expand(8, -1, -1, -1), everything, _chance(3))
    # Blocks come last: inside them the truth is untouched by white-out and blur.
    assert bool((hint == -1).any())
    # White-out comes before the blur: no pure white is left, only its trace.
    assert float(hint.max()) < 1
    assert float(hint.max()) > -0.9


def test_the_blur_is_the_gaussian_that_it_says():
    step = torch.full((1, 3, 256, 256), -1.0)
    step[..., 128:] = 1.0
    profile = blur(step, 28.0)[0, 0, 128]
    # A blurred step is the error function of the distance over sigma root two.
    distance = torch.arange(256) + 0.5 - 128
    expected = torch.erf(distance / (28 * 2**0.5))
    assert float((profile - expected).abs()[40:216].max()) < 0.03


@pytest.mark.parametrize("place", [64, 192])
def test_the_blur_moves_nothing_aside(place: int):
    step = torch.full((1, 3, 256, 256), -1.0)
    step[..., place:] = 1.0
    profile = blur(step, 28.0)[0, 0, 128]
    expected = torch.erf((torch.arange(256) + 0.5 - place) / (28 * 2**0.5))
    near = slice(place - 28, place + 28)
    assert float((profile - expected).abs()[near].max()) < 0.02


@pytest.mark.parametrize("size_px", [240, 336, 496])
def test_the_blur_has_no_side_where_cells_do_not_fit_in_whole(size_px: int):
    color = torch.zeros(1, 3, size_px, size_px)
    color[..., -size_px // 8 :] = 1.0
    mirrored = blur(color.flip(-1), 28.0).flip(-1)
    torch.testing.assert_close(blur(color, 28.0), mirrored, atol=1e-5, rtol=0)


def test_the_same_seed_gives_the_same_hint_and_another_seed_another():
    picture = drawing(1)
    config = HintConfig()
    assert np.array_equal(hint_of(picture, config, 5)[0], hint_of(picture, config, 5)[0])
    assert not np.array_equal(hint_of(picture, config, 5)[0], hint_of(picture, config, 6)[0])


def test_a_stored_hint_of_all_the_truth_is_the_picture_itself_to_the_level():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = np.dstack([levels, levels[::-1], levels.T])
    hint, mask = hint_of(picture, HintConfig(**PLAIN), 5)
    assert np.array_equal(hint, picture)
    assert (mask == 255).all()


def test_what_is_only_blurred_is_given_everywhere():
    hint, mask = hint_of(drawing(1), HintConfig(**PLAIN | {"blur_sigma_px": 28}), 5)
    assert not np.array_equal(hint, drawing(1))
    assert (mask == 255).all()


def test_each_picture_of_a_batch_gets_its_own_chance():
    color = torch.full((2, 3, 256, 256), -1.0)
    hints = make_hints(color, HintConfig(), _chance())
    assert not torch.equal(hints[0], hints[1])


@pytest.mark.parametrize("size_px", [64, 128, 256])
def test_sizes_scale_with_the_picture(size_px: int):
    color = torch.full((8, 3, size_px, size_px), -1.0)
    hints = make_hints(color, HintConfig(**PLAIN | {"num_whiteouts": 1}), _chance())
    share = float((hints[:, 0] == 1).float().mean())
    assert share == pytest.approx((10 / 256) ** 2, rel=0.4)


@pytest.mark.parametrize(("size_px", "side"), [(64, 6), (128, 12), (256, 23)])
def test_a_block_has_the_nearest_side_to_its_share_of_the_picture(size_px: int, side: int):
    color = torch.full((20, 3, size_px, size_px), -1.0)
    all_white = {"num_whiteouts": 1, "whiteout_px": 256}
    one_block = {"max_blocks": 1, "min_block_px": 23, "max_block_px": 23}
    hints = make_hints(color, HintConfig(**PLAIN | all_white | one_block), _chance())
    assert set((hints[:, 0] == -1).sum((1, 2)).tolist()) == {0, side**2}


def test_half_precision_stays_half_precision():
    hints = make_hints(_batch(1).bfloat16(), HintConfig(), _chance())
    assert hints.dtype == torch.bfloat16


@pytest.mark.parametrize("size_px", [64, 128, 512])
def test_the_blur_of_a_hint_scales_with_the_picture(size_px: int):
    step = torch.full((1, 3, size_px, size_px), -1.0)
    step[..., size_px // 2 :] = 1.0
    hint = make_hints(step, HintConfig(**PLAIN | {"blur_sigma_px": 28}), _chance())
    distance = (torch.arange(size_px) + 0.5) / size_px - 0.5
    expected = torch.erf(distance * 256 / (28 * 2**0.5))
    inner = slice(size_px // 6, -size_px // 6)
    assert float((hint[0, 0, size_px // 2] - expected).abs()[inner].max()) < 0.06


@pytest.mark.parametrize("shape", [(96, 256), (400, 256)])
def test_white_out_lies_whole_on_a_picture_of_any_shape(shape: tuple[int, int]):
    color = torch.full((20, 3, *shape), -1.0)
    hints = make_hints(color, HintConfig(**PLAIN | {"num_whiteouts": 1}), _chance())
    assert (hints[:, 0] == 1).sum((1, 2)).tolist() == [100] * 20
