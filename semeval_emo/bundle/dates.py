"""The dates of the phases of a competition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from semeval_emo.errors import UsageError

FIRST_DAY = datetime(2099, 1, 1)
"""Dates that nobody has chosen are so late that no phase is open before they are set."""


def phase_dates(splits: Sequence[str], given: Mapping[str, str], notes: list[str]) -> dict[str, tuple[str, str]]:
    """Return start and end of each phase in the form of Codabench; the end is empty for a phase that stays open.

    Args:
        splits: of the phases, in order.
        given: ``START/END`` by split; times are UTC unless they say otherwise, and a date is its first second.
        notes: what the organisers should know is added to them.

    Raises:
        UsageError: dates that cannot be read, or phases that are not one after the other.

    >>> phase_dates(["test"], {"test": "2027-01-10/2027-01-31T12:00"}, [])
    {'test': ('2027-01-10 00:00:00', '2027-01-31 12:00:00')}
    """
    if not given:
        notes.append(
            f"The phases begin in {FIRST_DAY.year}: no submission is accepted before you set their dates, with --phase "
            f"or in competition.yaml."
        )
        days = [(FIRST_DAY + timedelta(31 * at), FIRST_DAY + timedelta(31 * at + 28)) for at in range(len(splits))]
        return {split: (_shown(one), _shown(other)) for split, (one, other) in zip(splits, days, strict=True)}
    missing = [split for split in splits if split not in given]
    unknown = [split for split in given if split not in splits]
    if missing or unknown:
        what = f"no dates for the phase {missing[0]}" if missing else f"dates for {unknown[0]}, which is no phase"
        raise UsageError(
            f"There are {what}.", f"phases: {', '.join(splits)}; --phase {splits[-1]}=2027-01-10/2027-01-31"
        )
    result, before = {}, ""
    for split in splits:
        start, _, end = (part.strip() for part in given[split].partition("/"))
        first, last = _day(start, split), _day(end, split) if end else None
        if last is None and split != splits[-1]:
            raise UsageError(f"The phase {split} has no end, and {splits[-1]} comes after it.", "write START/END")
        if before and _shown(first) <= before:
            raise UsageError(
                f"The phase {split} begins before the one before it has ended.", "phases follow each other"
            )
        if last is not None and last <= first:
            raise UsageError(f"The phase {split} ends before it begins.", "write START/END")
        before = _shown(last) if last else ""
        result[split] = _shown(first), before
    return result


def _day(text: str, split: str) -> datetime:
    try:
        day = datetime.fromisoformat(text)
        # Codabench has UTC.
        return (day.astimezone(UTC) if day.tzinfo else day).replace(tzinfo=None)
    except ValueError:
        raise UsageError(
            f"The phase {split} has the date '{text}'.", "write dates as 2027-01-31, or with a time: 2027-01-31T23:59"
        ) from None


def _shown(day: datetime) -> str:
    return day.strftime("%Y-%m-%d %H:%M:%S")
