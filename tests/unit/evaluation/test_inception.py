"""The Inception-FID, with a small scripted module in place of the file that NVIDIA publishes."""

import http.server
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evaluation import stage
from evaluation.conditions import Batch
from evaluation.config import EvaluationConfig
from evaluation.frechet import between
from evaluation.inception import open_inception
from evaluation.instruments import INCEPTION, Instruments
from evaluation.measuring import measure, summarise
from evaluation.scores import METRICS, Answer
from storage import digest, files, ledger
from storage.errors import BadInput
from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import Split
from tests.pictures import drawing

CPU = torch.device("cpu")
NUM_FEATURES = 2_048


class StandIn(nn.Module):
    """Gives the mean levels of the three channels, then zeros."""

    def forward(self, picture: Tensor, return_features: bool = False) -> Tensor:
        assert picture.dtype == torch.uint8
        means = picture.float().mean(dim=(2, 3))
        if not return_features:
            return means
        return torch.cat([means, torch.zeros(len(means), 2045)], dim=1)


class Narrow(nn.Module):
    def forward(self, picture: Tensor, return_features: bool = False) -> Tensor:
        return picture.float().mean(dim=(2, 3))


class OneArgument(nn.Module):
    def forward(self, picture: Tensor) -> Tensor:
        return picture.float()


def _script(module: nn.Module, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(module).save(path)
    return path


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _script(StandIn(), tmp_path_factory.mktemp("inception") / "stand-in.pt")


@pytest.fixture
def address(stand_in: Path) -> Iterator[str]:
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(stand_in.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_it_sees_the_very_levels_of_the_pictures(stand_in: Path) -> None:
    network = open_inception(EvaluationConfig(inception=str(stand_in)), CPU)
    levels = np.random.default_rng(1).integers(0, 256, (20, 3, 8, 8), dtype=np.uint8)

    assert network is not None
    seen = network.look(torch.tensor(levels) / 127.5 - 1)

    assert seen.shape == (20, NUM_FEATURES)
    assert np.allclose(seen[:, :3], levels.mean(axis=(2, 3)), atol=1e-3)
    assert network.sha256 == digest.of_bytes(stand_in.read_bytes())


def test_the_fid_is_the_distance_between_the_gaussians_of_its_features(
    stand_in: Path, batch_of
) -> None:
    network = open_inception(EvaluationConfig(inception=str(stand_in)), CPU)
    batch: Batch = batch_of(np.stack([drawing(number, 32) for number in range(6)]))
    darker = (batch.color_BHWC * 0.8).astype(np.uint8)
    instruments = Instruments(CPU, {INCEPTION: network})

    def fid(answer: np.ndarray) -> float | None:
        measured = measure(batch, Answer.MODEL, answer, None, instruments)
        return summarise(measured, Split.TEST, 1, 1, instruments).inception_fid

    real, other = (each.mean(axis=(1, 2)) for each in (batch.color_BHWC, darker))
    wanted = between(
        real.mean(axis=0), np.cov(real, rowvar=False), other.mean(axis=0), np.cov(other.T)
    )
    assert fid(batch.color_BHWC) == pytest.approx(0, abs=1e-2)
    assert fid(darker) == pytest.approx(wanted, rel=1e-4)
    without = replace(instruments, networks={})
    measured = measure(batch, Answer.MODEL, darker, None, without)
    assert summarise(measured, Split.TEST, 1, 1, without).inception_fid is None


def test_what_is_not_asked_for_is_not_there() -> None:
    assert open_inception(EvaluationConfig(), CPU) is None


@pytest.mark.parametrize(
    ("module", "told"),
    [(Narrow(), r"gave features of shape \(2, 3\)"), (OneArgument(), "is no TorchScript that")],
)
def test_another_module_is_refused_before_anything_is_measured(
    tmp_path: Path, module: nn.Module, told: str
) -> None:
    path = _script(module, tmp_path / "other.pt")
    with pytest.raises(BadInput, match=told) as caught:
        stage.require(EvaluationConfig(inception=str(path)))
    assert "\n" not in str(caught.value)
    assert "--evaluation.inception the path" in str(caught.value)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "pickle.pt"
    torch.save({"calls": np.zeros(3)}, path)
    with pytest.raises(BadInput, match="is no TorchScript"):
        open_inception(EvaluationConfig(inception=str(path)), CPU)


def test_a_file_that_is_not_there_or_another_is_said_with_the_way_out(stand_in: Path) -> None:
    with pytest.raises(BadInput, match=r"No such file.* leave it out"):
        stage.require(EvaluationConfig(inception="/nowhere/inception.pt"))
    sha256 = "0" * 64
    with pytest.raises(BadInput, match=f"wanted {sha256}"):
        stage.require(EvaluationConfig(inception=str(stand_in), inception_sha256=sha256))


def test_an_address_is_asked_once(
    address: str, stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    config = EvaluationConfig(inception=f"{address}/{stand_in.name}")
    networks = [open_inception(config, CPU)]
    (kept,) = (tmp_path / "checkpoints").iterdir()
    kept_at = kept.stat().st_mtime_ns
    networks.append(open_inception(config, CPU))

    assert [each.sha256 for each in networks if each] == [
        digest.of_bytes(stand_in.read_bytes())
    ] * 2
    assert kept.stat().st_mtime_ns == kept_at
    with pytest.raises(BadInput, match=r"cannot be had .*404"):
        open_inception(EvaluationConfig(inception=f"{address}/other.pt"), CPU)


def test_one_file_has_one_name_however_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    ways = ("a.pt", "~/a.pt", "b/../a.pt", str(tmp_path / "a.pt"))
    assert {EvaluationConfig(inception=way).inception for way in ways} == {ways[-1]}
    address = "https://example.org/../a.pt"
    assert EvaluationConfig(inception=address).inception == address


def test_another_file_under_the_same_name_is_told(
    stand_in: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    layout, path = DataLayout.at(str(tmp_path / "data")), tmp_path / "inception.pt"
    path.write_bytes(stand_in.read_bytes())
    config = EvaluationConfig(inception=str(path))
    inputs = {
        label: ledger.open_stage(Stage(label), EvaluationConfig(), inputs={}, layout=layout).seal(
            {}
        )
        for label in ("train", "condition")
    }
    opened = ledger.open_stage(Stage.EVALUATE, config, inputs=inputs, layout=layout, seed=1)
    told = {"inception_sha256": digest.of_bytes(path.read_bytes())}
    files.write_json(opened.folder / METRICS, told)
    sealed = opened.seal({})

    def warned() -> list[str]:
        caplog.clear()
        made = stage.evaluate(config, inputs["train"], inputs["condition"], layout, seed=1)
        assert made == sealed
        return [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]

    assert warned() == []
    path.write_bytes(b"another")
    (line,) = warned()
    path.unlink()
    assert warned() == []
    assert f"was measured with another {path} (sha256 {told['inception_sha256']})" in line
