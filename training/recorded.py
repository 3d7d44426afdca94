"""The work of a step recorded as one CUDA graph: a thousand launches cost what one does.

Python and the launches of kernels take as long as the kernels themselves when a batch is small.
So the first steps are done plainly, then the same work is recorded once and replayed for all
later ones. What changes from step to step (pictures, hints, noise) is copied to where the record
reads it; weights, statistics and the optimisers' moments are changed in place, as ever.
"""

import dataclasses
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from training.arithmetic import Arithmetic
from training.data import Batch
from training.players import Players
from training.step import Facts, Learn, learn_from

PLAIN_STEPS = 3
"""Before recording: networks are compiled and optimisers make their moments in the first."""

PLANES = ("edge", "hint", "color", "z", "share")


def learning(how: Arithmetic) -> Learn:
    """Give what does the work of a step: recorded on a GPU, if asked for and one process trains."""
    is_recorded = how.compiled == "graphs" and how.device.type == "cuda" and how.team.size == 1
    return Recorded() if is_recorded else learn_from


class Recorded:
    """`learn_from` for one training: the same players, and batches of one size, at every call."""

    def __init__(self) -> None:
        self.steps = 0
        # Work of one thread on a stream of its own: what others do meanwhile spoils no record.
        self.stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self.graph: torch.cuda.CUDAGraph | None = None

    def __call__(
        self, players: Players, seen: Sequence[Batch], wanted: Tensor | None, how: Arithmetic
    ) -> Facts:
        """Learn from what is seen, as `learn_from` does."""
        self.steps += 1
        if self.steps <= PLAIN_STEPS:
            return self._plainly(players, seen, wanted, how)
        if self.graph is None:
            self._record(players, seen, wanted, how)
        assert self.graph is not None
        torch._foreach_copy_(self.read, _tensors(seen, wanted))
        self.graph.replay()
        # The next replay overwrites what this one has found.
        return dict(zip(self.names, self.found.clone().unbind(), strict=True))

    def _plainly(
        self, players: Players, seen: Sequence[Batch], wanted: Tensor | None, how: Arithmetic
    ) -> Facts:
        # On the stream of the record, for autograd remembers where its nodes were made.
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            facts = learn_from(players, seen, wanted, how)
        torch.cuda.current_stream().wait_stream(self.stream)
        return facts

    def _record(
        self, players: Players, seen: Sequence[Batch], wanted: Tensor | None, how: Arithmetic
    ) -> None:
        kept = [_copy(batch) for batch in seen]
        wanted = None if wanted is None else wanted.clone()
        self.read = _tensors(kept, wanted)
        graph, before = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        first: RuntimeError | None = None
        try:
            with torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"):
                try:
                    facts = learn_from(players, kept, wanted, how)
                    self.found = torch.stack([fact.float() for fact in facts.values()])
                except RuntimeError as error:
                    first = error
                    raise
        except RuntimeError as error:
            # Torch then stays on the record's stream, and says only that it could not end it.
            torch.cuda.set_stream(before)
            raise first or error from None
        self.names, self.graph = tuple(facts), graph


def _tensors(seen: Sequence[Batch], wanted: Tensor | None) -> list[Tensor]:
    """Give all that a step reads, in one order."""
    planes: Iterable[Tensor | None] = (getattr(batch, name) for batch in seen for name in PLANES)
    return [plane for plane in (*planes, wanted) if plane is not None]


def _copy(batch: Batch) -> Batch:
    planes = {name: getattr(batch, name) for name in PLANES}
    cloned = {name: plane.clone() for name, plane in planes.items() if plane is not None}
    return dataclasses.replace(batch, **cloned)
