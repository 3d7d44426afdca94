"""Progress on a terminal: nothing that a person watches for is pushed off its edge."""

import io

from rich.console import Console

from storage.progress import Bars

FACTS = "loss=57.39 l2=0.1909 wasserstein=53.06 pictures_per_second=8.295 share_of_peak=0.4123"


def test_at_80_columns_count_time_and_every_fact_are_seen() -> None:
    console = Console(width=80, file=io.StringIO(), record=True)
    bars = Bars(console)
    bars.add_task("train auto-painter", total=50_000, completed=20_000, facts=FACTS)
    bars.add_task("clean", total=2_000, completed=100, facts="")

    console.print(bars.get_renderable())

    training, *facts, cleaning = console.export_text().splitlines()
    assert training.startswith("train auto-painter")
    assert "20000/50000" in training
    assert training.rstrip().endswith(":--")
    assert " ".join(facts).split() == FACTS.split()
    assert "100/2000" in cleaning
