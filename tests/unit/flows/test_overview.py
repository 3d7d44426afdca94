import json

from flows.overview import Overview, Training, overlooking
from storage import files
from storage.layout import DataLayout
from tests.waiting import wait_for
from training.watching import Glance

TRAININGS = [Training(f"unet-l2-{number}", f"key{number}", 200) for number in range(8)]


def _trained(layout: DataLayout, number: int, step: int) -> None:
    """Write what a training has written by a step."""
    rows = "".join(json.dumps({"step": each, "loss": 1.0}) + "\n" for each in (step // 2, step))
    files.write_text(layout.stage("train", f"key{number}") / "metrics.jsonl", rows)


def test_a_grid_that_has_not_begun_has_done_nothing(layout: DataLayout):
    assert Overview(TRAININGS, layout).look() == Glance(0, 1600, {"ended": 0.0})


def test_what_is_under_way_is_told_in_percent_and_what_has_ended_is_counted(layout: DataLayout):
    for number, step in ((0, 200), (1, 50), (3, 100)):
        _trained(layout, number, step)
    # One that has ended without its last step has failed: the grid goes on without it.
    overview = Overview(TRAININGS, layout, {"unet-l2-0", "unet-l2-2"})
    wanted = {"ended": 2.0, "unet-l2-1 %": 25.0, "unet-l2-3 %": 50.0}
    assert overview.look() == Glance(550, 1600, wanted)


def test_of_many_under_way_a_few_are_named(layout: DataLayout):
    for number in range(8):
        _trained(layout, number, 20)
    assert list(Overview(TRAININGS, layout).look().facts) == [
        "ended", *(f"unet-l2-{number} %" for number in range(4)),
    ]  # fmt: skip


def test_it_is_watched_while_it_goes_on_and_at_its_end(layout: DataLayout):
    seen: list[Glance] = []
    overview = Overview(TRAININGS[:1], layout)
    with overlooking(overview, seen.append, every_seconds=0.01) as tell:
        _trained(layout, 0, 100)
        wait_for(lambda: seen and seen[-1].step == 100, 10)
        tell("unet-l2-0")
    assert seen[-1] == Glance(200, 200, {"ended": 1.0})


def test_a_broken_journal_does_not_end_the_grid(layout: DataLayout):
    seen: list[Glance] = []
    files.write_text(layout.stage("train", "key0") / "metrics.jsonl", "no JSON")
    with overlooking(Overview(TRAININGS[:1], layout), seen.append):
        pass
    assert seen == [Glance(0, 200, {})]
    with overlooking(Overview(TRAININGS[:1], layout), seen.append) as tell:
        tell("unet-l2-0")
    assert seen[-1] == Glance(200, 200, {"ended": 1.0})
