from pathlib import Path

import pytest

from flows import command_line, sample_booru_command, takedown_command
from flows.__main__ import answer, what_follows
from flows.presets import preset
from storage.errors import BadInput


def test_a_bare_run_is_the_sample_preset():
    command = command_line.parse(["run"])
    assert (command.verb, command.config) == ("run", preset("sample"))


def test_every_field_is_a_flag_and_a_flag_wins_over_the_preset():
    words = ["train", "--preset", "paper", "--seed", "7", "--training.steps", "12"]
    words += ["--condition.hints.max-blocks=3", "--scraper.tags", "1girl,-comic"]
    config = command_line.parse(words).config
    assert (config.seed, config.training.steps, config.condition.hints.max_blocks) == (7, 12, 3)
    assert config.scraper.tags == ("1girl", "-comic")
    assert config.scraper.base_url == "https://safebooru.org"
    assert config.pack.size_px == 256


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rum"], r"no command 'rum' \(did you mean run\?\)"),
        (
            ["run", "--trainin.steps", "3"],
            r"no flag --trainin.steps \(did you mean",
        ),
        (["run", "--training.steps", "many"], r"--training.steps: .*integer.*not 'many'"),
        (["run", "--training.steps", "-3"], r"--training.steps: .*greater.*not"),
        (["run", "--training.recipe", "magic"], r"--training.recipe: .*, not 'magic'$"),
        (["run", "--training.recipe", "papper"], r"not 'papper' \(did you mean paper\?\)"),
        (["run", "--rivals", "unet-l2,papper"], r"^--rivals: .*'papper' \(did you mean paper"),
        (
            ["experiments", "--experiments.overrides", '[{"widht": 4}]'],
            r"^--experiments.overrides: training has no field 'widht' .*mean width",
        ),
        (
            ["experiments", "--experiments.overrides", "{width"],
            r"^--experiments.overrides: a list cannot be read; .* '{\"learning_rate\": 0.001}, ",
        ),
        (
            ["experiments", "--experiments.seeds", "[1"],
            r"^--experiments.seeds: a list cannot be read; write values as a,b$",
        ),
        (["run", "--scraper", "1"], r"^--scraper is a section; .* such as --scraper.base-url; see"),
        (["run", "--scraper={}"], r"^--scraper is a section"),
        (["run", "--preset", "large"], r"--preset.*large"),
        (["run", "--training.steps"], r"--training.steps.*expected one argument"),
        (
            ["run", "--scraper.tags", "-comic,1girl"],
            r"^--scraper.tags: expected one argument; .* write --scraper.tags=-VALUE$",
        ),
        (["run", "--training.steps", "x" * 5_000], r"^--training.steps: .*, not 'x{79}\.\.\.$"),
        (["run", "loose"], r"loose"),
        (["sample-booru", "--port", "http"], r"^--port: wanted 0 to 65535, not 'http'"),
        (["sample-booru", "--port", "99999"], r"^--port: wanted 0 to 65535"),
        (["sample-booru", "--posts", "0"], r"^--posts 0: wanted 1 or more"),
        (["takedown"], r"required: POST_ID_OR_MD5"),
    ],
)
def test_what_is_not_understood_is_said_in_one_line(words: list[str], told: str):
    with pytest.raises(BadInput, match=told) as error:
        command_line.parse(words)
    assert "\n" not in str(error.value)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as left:
        command_line.parse(["--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert all(f"  {verb}" in printed for verb in command_line.VERBS)


def test_help_of_a_command_gives_each_field_its_sentence(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        command_line.parse(["scrape", "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    assert "--clean.min-side-px" in printed
    assert "An original whose shorter side is below this is too small" in printed


@pytest.mark.parametrize(
    ("words", "posts"),
    [
        ([], 500),
        (["--scraper.base-url", "https://safebooru.org"], 500),
        (["--scraper.folder", "drawings"], 20_000),
        (["--scraper.folder", "drawings", "--scraper.max-posts", "7"], 7),
    ],
)
def test_a_presets_number_of_posts_is_of_a_site_and_not_of_a_folder(words: list[str], posts: int):
    assert command_line.parse(["run", *words]).config.scraper.max_posts == posts


def test_the_sample_booru_takes_its_port_and_size():
    command = sample_booru_command.parse(["--port", "8999", "--posts", "50"])
    assert (command.port, command.posts, command.faults) == (8999, 50, "")


def test_a_takedown_takes_the_picture_and_the_root_it_lies_in():
    command = takedown_command.parse(["1234", "--root", "elsewhere"])
    assert (command.picture, command.root) == ("1234", "elsewhere")


@pytest.mark.parametrize(
    ("words", "anew"),
    [
        (["run"], False),
        (["evaluate"], False),
        (["evaluate", "--pictures", "drawings", "--checkpoint", "884a"], True),
        (["compare", "884a"], True),
        (["prune", "--keep", "5"], False),
        (["takedown", "1234"], False),
    ],
)
def test_an_interrupted_command_says_truly_what_it_does_next(words: list[str], anew: bool):
    told = what_follows(command_line.parse(words))
    assert ("starts anew" in told, "goes on where it was" in told) == (anew, not anew)
    assert "goes on" in what_follows(None)


def test_an_interrupted_batch_keeps_what_was_coloured_and_says_how_it_goes_on():
    told = what_follows(command_line.parse(["colorize", "lines", "-o", "out"]))

    assert "what was coloured stays" in told
    assert "--skip-existing" in told


def test_a_closed_folder_in_the_words_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)
    assert answer(["export", "--out", "closed/a.onnx"]) == 2
    told = "irodori: closed/a.onnx: Permission denied; let this user in, or name another place\n"
    assert capsys.readouterr().err == told
