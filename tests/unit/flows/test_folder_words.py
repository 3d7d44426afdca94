import pytest

from flows import command_line, compare_words, evaluate_words
from storage.errors import BadInput


def test_evaluate_without_a_folder_stays_the_stage():
    command = command_line.parse(["evaluate", "--training.steps", "12"])
    assert command.errand is None
    assert command.config.training.steps == 12


def test_evaluate_with_a_folder_needs_no_configuration():
    words = ["--pictures=drawings", "--lines", "lines", "--checkpoint", "abc"]
    words += ["--hints", "strokes", "--size-px", "64"]
    assert command_line.parse(["evaluate", *words]).errand is not None
    asked = evaluate_words.parse(words).asked
    assert (asked.pictures, asked.lines, asked.checkpoint) == ("drawings", "lines", "abc")
    assert (asked.hints, asked.size_px, asked.out, asked.device) == (
        "strokes",
        64,
        "evaluated",
        "auto",
    )


def test_help_of_evaluate_names_both_ways(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        command_line.parse(["evaluate", "--help"])
    assert "--pictures DIR" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command_line.parse(["evaluate", "--pictures", "x", "--help"])
    assert "--size-px N" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--checkpoint", "x"], "name --pictures DIR, --lines DIR or both"),
        (["--pictures", "x", "--checkpoint", "y", "--size-px", "100"], "multiple of 16 from 32"),
        (["--pictures", "x", "--checkpoint", "y", "--size-px", "big"], "--size-px"),
        (["--pictures", "x", "--checkpoint", "y", "--hints", "mix"], "--hints"),
        (["--pictures", "x", "--chekpoint", "y"], "did you mean --checkpoint?"),
        (["--pictures", "x", "--training.steps", "3"], "no flag --training.steps"),
    ],
)
def test_what_is_not_understood_is_one_line(words: list[str], told: str):
    with pytest.raises(BadInput, match=told.replace("?", r"\?")) as error:
        evaluate_words.parse(words)
    assert "\n" not in str(error.value)


def test_compare_takes_runs_and_flags_in_any_order():
    words = ["a", "--json", "b", "--root", "elsewhere"]
    assert command_line.parse(["compare", *words]).errand is not None
    assert compare_words.parse(words) == compare_words.CompareCommand(
        ("a", "b"), "elsewhere", as_json=True
    )


@pytest.mark.parametrize(
    ("words", "told"), [([], "say which"), (["a", "--jsno"], "did you mean --json")]
)
def test_compare_says_what_is_wrong(words: list[str], told: str):
    with pytest.raises(BadInput, match=told):
        compare_words.parse(words)
