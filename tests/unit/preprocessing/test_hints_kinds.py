import math
from collections import Counter

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from preprocessing.config import HintConfig
from preprocessing.hints import blur, hint_of, make_hints, make_masked_hints
from tests.pictures import drawing

KINDS = ["paper", "strokes", "dots", "none", "mix"]


def _batch(*numbers: int, size_px: int = 256) -> Tensor:
    pictures = torch.stack([torch.from_numpy(drawing(number, size_px)) for number in numbers])
    return pictures.permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


def _chance(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _of(kind: str, **inner: object) -> HintConfig:
    return HintConfig.model_validate({"kind": kind} | ({kind: inner} if inner else {}))


def _squares(sides: Tensor, size_px: int, chance: torch.Generator) -> Tensor:
    shares = [torch.rand(sides.shape, generator=chance, dtype=torch.float64) for _ in "yx"]
    covered = torch.zeros(len(sides), 1, size_px, size_px, dtype=torch.bool)
    for picture, number in torch.cartesian_prod(*map(torch.arange, sides.shape)).tolist():
        side = int(sides[picture, number])
        top, left = (math.floor(s[picture, number] * (size_px - side + 1)) for s in shares)
        covered[picture, 0, top : top + side, left : left + side] = True
    return covered


def test_the_papers_hints_are_square_by_square_what_the_paper_says():
    color, chance = _batch(1, 2, 3), _chance(7)
    whitened = torch.where(_squares(torch.full((3, 30), 10), 256, chance), 1.0, color)
    sides = torch.randint(12, 29, (3, 10), generator=chance)
    counts = torch.randint(0, 11, (3, 1), generator=chance)
    blocks = _squares(torch.where(torch.arange(10) < counts, sides, 0), 256, chance)
    expected = torch.where(blocks, color, blur(whitened, 28.0))
    assert torch.equal(make_hints(color, HintConfig(), _chance(7)), expected)


def test_deepcolors_hints_are_white_squares_under_a_box_blur():
    step = torch.full((1, 3, 256, 256), -1.0)
    step[..., 128:] = 1.0
    profile = blur(step, 100.0, "box")[0, 0, 128]
    # A box of 100 px makes of a step a ramp of 100 px.
    ramp = ((torch.arange(256) + 0.5 - 128) / 50).clamp(-1, 1)
    assert float((profile - ramp).abs().max()) < 0.1
    assert float((profile - ramp).abs().mean()) < 0.01
    config = HintConfig(whiteout_px=50, blur_shape="box", blur_box_px=100, max_blocks=0)
    hint = make_hints(torch.full((4, 3, 256, 256), -1.0), config, _chance())
    # Thirty of 50x50 anywhere leave about (1 - 2500 / 206^2)^30 in the middle, more at the border.
    assert -0.2 < float(hint.mean()) < 0.6


@pytest.mark.parametrize("size_px", [64, 256])
def test_no_hint_is_white(size_px: int):
    assert bool((make_hints(_batch(1, 2, size_px=size_px), _of("none"), _chance()) == 1).all())


@pytest.mark.parametrize("kind", KINDS)
def test_hints_keep_shape_and_range_and_follow_from_the_seed(kind: str):
    color = _batch(1, 2, 3, 4, 5, 6)
    hints = make_hints(color, _of(kind), _chance(2))
    assert hints.shape == color.shape
    assert float(hints.min()) >= -1
    assert float(hints.max()) <= 1
    assert torch.equal(hints, make_hints(color, _of(kind), _chance(2)))
    if kind != "none":
        assert not torch.equal(hints, make_hints(color, _of(kind), _chance(3)))
        for one, other in zip(*(hint_of(drawing(1), _of(kind), 5) for _ in range(2)), strict=True):
            assert (one == other).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_hints_are_the_same_in_every_precision_within_rounding(kind: str, dtype: torch.dtype):
    given = _batch(1, 2, 3, 4).to(dtype)
    hints = make_hints(given, _of(kind), _chance())
    assert hints.dtype == dtype
    single = make_hints(given.float(), _of(kind), _chance())
    assert torch.allclose(hints.float(), single, atol=0.008 if dtype == torch.bfloat16 else 1e-5)


def test_a_mix_draws_each_kind_as_often_as_its_share_says():
    # Each kind leaves its own trace on black: nothing, blur alone, wide marks, single pixels.
    black = torch.full((600, 3, 16, 16), -1.0)
    config = HintConfig.model_validate(
        {
            "kind": "mix",
            "num_whiteouts": 0,
            "strokes": {"min_strokes": 1, "max_strokes": 1, "jitter": 0, "min_length_px": 256}
            | {"max_length_px": 256, "max_bend_deg": 0},
            "dots": {"min_dots": 1, "max_dots": 1, "jitter": 0, "shift_px": 0},
        }
    )
    dark = (make_hints(black, config, _chance()) < 0).sum((1, 2, 3)) // 3
    kinds = Counter(
        {0: "none", 1: "dots", 256: "paper"}.get(int(count), "strokes") for count in dark
    )
    # A stroke from a corner may end at once; few do.
    for kind, share in (("paper", 0.5), ("strokes", 0.2), ("dots", 0.2), ("none", 0.1)):
        assert kinds[kind] / len(black) == pytest.approx(share, abs=0.06)


def test_a_kind_without_a_share_is_never_drawn():
    config = _of("mix", paper=0, strokes=0, dots=0, none=1)
    assert bool((make_hints(_batch(1).expand(50, -1, -1, -1), config, _chance()) == 1).all())


@pytest.mark.parametrize("kind", KINDS)
def test_a_mask_tells_white_hints_from_no_hints_and_changes_no_colour(kind: str):
    color = _batch(1, 2, 3, 4, 5, 6)
    masked = make_masked_hints(color, _of(kind), _chance())
    assert masked.shape == (6, 4, 256, 256)
    hints, mask = masked[:, :3], masked[:, 3:]
    assert torch.allclose(hints, make_hints(color, _of(kind), _chance()), atol=1e-5)
    assert 0 <= float(mask.min()) <= float(mask.max()) <= 1 + 1e-5
    assert bool((hints[(mask == 0).expand_as(hints)] == 1).all())
    if kind in ("strokes", "dots"):
        assert set(mask.unique().tolist()) == {0.0, 1.0}


def test_the_mask_is_the_share_of_truth_where_white_outs_were_blurred_in():
    black = torch.full((2, 3, 256, 256), -1.0)
    masked = make_masked_hints(black, HintConfig(), _chance())
    assert torch.allclose(masked[:, 0], 1 - 2 * masked[:, 3], atol=1e-5)


def test_shares_that_do_not_make_one_are_refused_in_one_line():
    with pytest.raises(ValidationError, match=r"make 1\.4 together, wanted 1"):
        _of("mix", paper=0.9)
