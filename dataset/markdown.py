"""Markdown of what others wrote: nothing in it is markup."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """Write a table; numbers stand to the right."""
    is_number = [all(isinstance(row[at], int) for row in rows) for at in range(len(head))]
    lines = [head, ["--:" if right else "---" for right in is_number], *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value.replace("|", "\\|")


def code(text: str) -> str:
    """Quote what others wrote: nothing in it is markup, and nothing ends it."""
    return f"`{''.join(each if each.isprintable() and each != '`' else '?' for each in text)}`"
