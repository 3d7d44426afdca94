"""Verdicts made up for tests."""

from typing import Any

from storage.records import Split, Verdict


def verdict_of(post_id: int, **facts: Any) -> Verdict:
    """Give the verdict on a drawing that is kept for training, but for the facts given."""
    made: dict[str, Any] = {
        "md5": f"{post_id:032x}",
        "reason": None,
        "split": Split.TRAIN,
        "family": "",
        "place": 0,
        "width": 300,
        "height": 300,
        "fingerprint": "",
        "colorfulness": 50.0,
        "extension": "png",
        "sha256": "",
        "line_md5": "",
        "post_url": "",
        "source": "",
    }
    return Verdict(post_id=post_id, **made | facts)
