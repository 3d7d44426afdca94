"""Every sentence of the paper that can be tested, and what the numbers of a run say of it.

Verdicts follow from numbers alone. With one seed the intervals are over pictures: they say how sure
this training is, not how the next would come out.
"""

from collections.abc import Iterator

from evaluation.content import BASELINE, PAPER, Content
from evaluation.course import falls_then_rises, wasserstein_falls
from evaluation.rivalry import BELOW, VIVID, rivalry
from evaluation.robustness import (
    carries_over,
    hardly_coloured,
    hints_help,
    no_bleeding,
    noise_resisted,
)
from evaluation.search_claims import searched
from evaluation.verdicts import Claim, Verdict

KLS = ("kl_hist", "kl_8", "kl_set")


def claims(content: Content) -> list[Claim]:
    """Test all that the paper says, in the order of its numbers."""
    found = [*_of_both(content), *_of_each(content), *searched(content)]
    return sorted(found, key=lambda claim: int(claim.number))


def _of_both(content: Content) -> Iterator[Claim]:
    """Test what is said of the model beside the baseline."""
    model, baseline = content.model, content.baseline
    if model and baseline:
        yield from rivalry(model, baseline, content)
        for what in ("lines", "hint"):
            yield noise_resisted(model, baseline, what)
        return
    lacking = f"wants both {BASELINE} and {PAPER}; `irodori run` trains them"
    said = {**dict(BELOW.values()), "4": VIVID, "10": "The noise z gives resistance to noise."}
    for number, sentence in said.items():
        yield Claim(number, sentence, "both side by side", "any", lacking, Verdict.NOT_DECIDED)


def _of_each(content: Content) -> Iterator[Claim]:
    """Test what is said of one recipe."""
    if content.baseline:
        for measure in KLS:
            yield falls_then_rises(content.baseline, measure, content.seed)
        yield hardly_coloured(content.baseline)
    if content.model:
        yield wasserstein_falls(content.model, content)
        yield hints_help(content.model)
        yield no_bleeding(content.model)
        yield from carries_over(content.model, content)
