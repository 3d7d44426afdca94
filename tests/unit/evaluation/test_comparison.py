import pytest

from evaluation.comparison import as_json, compare, markdown
from evaluation.conditions import Condition
from evaluation.outcome import Outcome
from evaluation.scores import Answer, SetScore
from storage import manifest
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Contract, Split

L2 = {"a1": 0.10, "a2": 0.14, "b1": 0.20, "c1": 0.30}
"""What is written as the l2 of each evaluation, by its key."""


def score(answer: Answer, l2: float) -> SetScore:
    return SetScore(
        split=Split.TEST, step=int(answer == Answer.MODEL), condition=Condition.DETECTED,
        answer=answer, num_pictures=5,
        l1=0.1, l2=l2, l2_low=0, l2_high=1, psnr=None,
        ssim=1 - l2, ms_ssim=None, perceptual=None,
        kl_hist=1 - l2, kl_8=1, kl_set=1,
        kernel_distance=l2 / 2, kernel_low=0, kernel_high=1, wasserstein=None,
    )  # fmt: skip


@pytest.fixture
def layout(layout: DataLayout) -> DataLayout:
    for key, l2 in L2.items():
        answers = {Answer.MODEL: l2, Answer.LINES: 0.5, Answer.HINT: 0.6, Answer.LEVIN: 0.4}
        scores = [score(answer, value) for answer, value in answers.items()]
        path = layout.stage(Stage.EVALUATE, key) / "scores.parquet"
        manifest.write_table(path, Contract.EVALUATION, scores, SetScore)
    return layout


OUTCOMES = [
    Outcome("paper", "good", "", 1, "a1"),
    Outcome("none", "good", "", 1, "c1"),
    Outcome("paper", "good", "", 2, "a2"),
    Outcome("paper", "half", "tv_weight 0", 1, "b1"),
    Outcome("paper", "half", "tv_weight 0", 2, "", "training diverged at step 7", True),
    Outcome("paper", "lost", "", 1, "", "training diverged at step 3", True),
    Outcome("none", "lost", "", 1, "", "training diverged at step 3", True),
]


def line(text: str, start: str) -> str:
    (found,) = (each for each in text.splitlines() if each.startswith(start))
    return found


def test_a_cell_tells_mean_and_spread_and_the_best_of_its_hints_is_bold(layout: DataLayout) -> None:
    text = markdown(compare(OUTCOMES, layout))
    assert "On 5 test pictures, from detected edges, after 1 steps. Mean" in text
    # The standard deviation of 0.10 and 0.14, of a sample of two.
    assert "**0.1200 ± 0.0283** | **0.880 ± 0.028** | — | — | 0.880 ± 0.028" in line(
        text, "| paper | good | — | 2 |"
    )
    assert "| 0.2000 | 0.800 | — | — | 0.800" in line(
        text, r"| paper | half | tv\_weight 0 | 1 of 2, 1 diverged |"
    )
    assert "**0.3000**" in line(text, "| none | good")
    assert "| 0.5000 |" in line(text, "| paper | White paper with the lines | — | — |")
    assert "| 0.6000 |" in line(text, "| paper | The hint itself | — | — |")
    assert "| 0.6000 |" in line(text, "| none | White paper | — | — |")
    assert "| 0.4000 |" in line(text, "| paper | The spread hint (Levin) | — | — |")


def test_what_failed_is_a_row_and_is_said_once(layout: DataLayout) -> None:
    text = markdown(compare(OUTCOMES, layout))
    assert "| 0 of 1, 1 diverged |" + " — |" * 8 in line(text, "| none | lost")
    assert line(text, "- lost") == "- lost, seed 1: training diverged at step 3"
    assert line(text, "- half") == "- half, tv_weight 0, seed 2: training diverged at step 7"


def test_the_numbers_of_every_seed_are_kept(layout: DataLayout) -> None:
    (half,) = (row for row in as_json(compare(OUTCOMES, layout)) if row["answer"] == "half")
    assert half["mean"]["l2"] == pytest.approx(0.2)
    assert half["mean"]["kernel_distance"] == pytest.approx(0.1)
    assert half["mean"]["perceptual"] is None
    assert half["spread"]["l2"] is None
    one, two = half["seeds"]
    assert (one["seed"], one["evaluate"], one["l2"]) == (1, "b1", 0.2)
    assert two == {"seed": 2, "failure": "training diverged at step 7"}


def test_a_grid_of_which_nothing_ended_still_has_a_table(layout: DataLayout) -> None:
    text = markdown(compare(OUTCOMES[-2:], layout))
    assert "On 0 test pictures" in text
    assert line(text, "| paper | lost")


def test_the_hints_stand_in_the_order_in_which_they_were_asked(layout: DataLayout) -> None:
    rows = compare(OUTCOMES, layout)
    assert list(dict.fromkeys(row.hints for row in rows)) == ["paper", "none"]
    assert [row.name for row in rows if row.outcomes] == ["good", "half", "lost", "good", "lost"]


def test_what_failed_otherwise_too_is_not_said_to_have_diverged(layout: DataLayout) -> None:
    other = Outcome("paper", "lost", "", 2, "", "out of memory")
    text = markdown(compare([*OUTCOMES, other], layout))
    assert "| 0 of 2, 2 failed |" in line(text, "| paper | lost")
