"""What a disturbed board was asked and what it served, for whoever wants to hold it to that."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One request: its address, which of this address it was (from 1), the fault played or ''."""

    path: str
    nth: int
    fault: str


@dataclass
class Log:
    """What was asked and served; `whole` counts the complete 200 answers of each address."""

    events: list[Event] = field(default_factory=list)
    whole: Counter[str] = field(default_factory=Counter)
    ghosts: set[int] = field(default_factory=set)

    def played(self) -> Counter[str]:
        """Count the requests that each fault has struck."""
        return Counter(event.fault for event in self.events if event.fault)

    def faults_of(self, path: str) -> set[str]:
        """Name the faults that an address was ever struck by."""
        return {event.fault for event in self.events if event.path == path and event.fault}
