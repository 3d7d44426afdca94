"""Markdown of what others wrote: nothing in it is markup."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table, numbers to the right and what is None left blank; nothing without rows."""
    rows = list(rows)
    if not rows:
        return ""
    is_number = [all(_is_number(row[at]) for row in rows) for at in range(len(head))]
    lines = [head, ["--:" if right else "---" for right in is_number], *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float | None) and not isinstance(cell, bool)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if not _is_number(value):
        return str(value).replace("|", "\\|")
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def code(text: str) -> str:
    """Quote what others wrote: nothing in it is markup, and nothing ends it."""
    return f"`{''.join(each if each.isprintable() and each != '`' else '?' for each in text)}`"
