"""`irodori evaluate --pictures`: what a checkpoint is worth on any folder, in a few lines."""

from typing import TYPE_CHECKING

from evaluation import folder
from flows.evaluate_words import EvaluateCommand
from flows.terminal import named, plain
from storage.layout import DataLayout

if TYPE_CHECKING:
    from evaluation.folder_report import Judged


def answer(command: EvaluateCommand) -> tuple[str, int]:
    """Judge; give what to print, and the exit code: 1 if a picture could not be read.

    Raises:
        BadInput: there is no such folder, picture or checkpoint.
    """
    layout = DataLayout.at(command.root)
    layout.check()
    folder.require(command.asked.pictures, command.asked.lines)

    # Only who judges needs torch.
    from evaluation import folder_report  # noqa: PLC0415

    judged = folder_report.judge(command.asked, layout)
    return told(judged), 0 if judged.is_whole else 1


def told(judged: "Judged") -> str:
    """Say what matters: who answered, the mean l2 beside what is untrained, what was skipped."""
    # Imported with torch, which a word on the command line does not need.
    from evaluation import names  # noqa: PLC0415
    from evaluation.folder_page import circumstances, in_order, name_of  # noqa: PLC0415
    from evaluation.measures import MEASURES  # noqa: PLC0415
    from evaluation.score_table import bounds, by_condition, tell_bounds  # noqa: PLC0415

    metrics, l2 = judged.metrics, MEASURES["l2"]
    lines = [f"{metrics['recipe'] or 'checkpoint'}: {', '.join(circumstances(metrics))}"]
    for condition, scores in by_condition(metrics["test"]).items():
        number = scores[0]["num_pictures"]
        lines.append(
            f"{names.CONDITIONS[condition]}, {number:,} picture{'s' if number != 1 else ''}:"
        )
        for score in in_order(scores):
            told = f"{l2.called} {l2.tell(score[l2.name])}"
            told += f" (95 %: {tell_bounds(score, l2)})" if bounds(score, l2) else ""
            lines.append(f"  {name_of(score):<28}{told}")
    if metrics["skipped"]:
        files = (plain(f"{each['file']} ({each['reason']})").plain for each in metrics["skipped"])
        lines.append(f"not looked at: {named(files)}")
    return "\n".join([*lines, str(judged.place / "page.html")])
