"""Compare the texts that a prediction file has kept with those of the task.

An id does not identify a text: the early files of 2024 have the ids of the release for other texts. A score by id is
then plausible and wrong, and a column of texts is the only evidence. Texts that a program or an encoding has changed
are still recognised: only texts that are clearly different count.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semeval_emo.submission.names import bare_stem, name_form
from semeval_emo.submission.problem import Findings
from semeval_emo.submission.result import Part
from semeval_emo.submission.rows import RowSummary
from semeval_emo.submission.sources import InputFile
from semeval_emo.task import SPLITS, FileSpec, Task, short_hash

if TYPE_CHECKING:
    from semeval_emo.data import Gold

TextsById = Mapping[str, str]

# Shuffled texts differ in 96 to 100 % of the rows, renumbered ones in 83 %; truncated, misread or lower-cased ones
# without short words in at most 4 % (measured on the dev texts of all languages).
MOST = 0.25
# Of the sampled texts, whose contents are not known, damaged ones cannot be recognised.
MOST_SAMPLED = 0.5
# The share of three-letter sequences that two versions of one text have in common at least.
IN_COMMON = 0.5
# Cells that say nothing about a text: what pandas and Excel write for a missing or misread one.
NO_TEXTS = frozenset({"", "nan", "none", "null", "n/a", "na", "<na>", "#name?", "#ref!", "#value!", "#n/a", "#num!"})
# Encodings in which UTF-8 is often misread.
MISREAD_AS = ("latin-1", "cp1252", "cp1251")


class KnownTexts:
    """The texts of a task that can be read without the network; shared between files.

    Args:
        source: a folder or file of gold labels, as in `load_gold`; $SEMEVAL_EMO_DATA and fetched data are used too.
        gold: gold in memory, which is used first.
    """

    def __init__(self, task: Task, source: str | os.PathLike[str] | None = None, gold: Sequence[Gold] = ()) -> None:
        self.task, self.source, self.gold = task, source, gold
        self._by_place: dict[str, TextsById | None] = {}

    def of(self, spec: FileSpec) -> TextsById | None:
        """Return the texts of a file of the task by id, or None if they are not at hand."""
        if spec.place not in self._by_place:
            self._by_place[spec.place] = self._load(spec)
        return self._by_place[spec.place]

    def _load(self, spec: FileSpec) -> TextsById | None:
        # Imported late: most files have no texts, and this imports numpy.
        from semeval_emo.data.gold import at_hand

        for gold in (*(own for own in self.gold if own.spec.key == spec.key), at_hand(spec, self.task, self.source)):
            if gold is not None and gold.texts is not None:
                texts = dict(zip(gold.ids, gold.texts, strict=True))
                if spec.texts_hash in ("", _hash(texts, spec)) and texts.keys() >= spec.id_set:
                    return texts
        # A release with the same ids and labels has the same texts.
        for other in self.task.specs(**spec.key._asdict()):
            same = spec.labels_hash and other.labels_hash == spec.labels_hash and other.id_set == spec.id_set
            if same and other.texts_hash and not spec.texts_hash:
                return self.of(other)
        return None


@dataclass(frozen=True)
class _Evidence:
    """How many texts of a file differ from those of a file of the task.

    Attributes:
        compared: number of texts that were compared.
        others: ids of those that are clearly different.
        expected: the known text of the first of them; empty if it is not known.
    """

    compared: int
    others: tuple[str, ...]
    expected: str = ""
    is_sample: bool = False

    @property
    def is_other(self) -> bool:
        """True if the file has other texts."""
        return len(self.others) > (MOST_SAMPLED if self.is_sample else MOST) * self.compared


def texts_added(spec: FileSpec, known: KnownTexts) -> str:
    """Return what `fix` does about a missing column of texts."""
    if known.of(spec) is None:
        return "an empty column of texts added, since the texts of the data are not at hand"
    return "texts of the data added"


def texts_for(spec: FileSpec, own: TextsById, known: KnownTexts) -> TextsById:
    """Return the texts of a new prediction file, by id: its own, else those of the data; none if it has no texts."""
    if not spec.layout.predictions.text:
        return {}
    missing = any(text_id not in own for text_id in spec.ids)
    return {**(known.of(spec) or {}), **own} if missing else own


def check_texts(parts: Sequence[Part], summary: RowSummary, known: KnownTexts, findings: Findings) -> bool:
    """Report the texts of a file that are not those of the task.

    Returns:
        True if most texts are those of the task.
    """
    texts, proven = summary.texts, True
    for part in parts:
        evidence = _evidence(part.spec, texts, known)
        proven &= evidence is not None and bool(evidence.compared) and not evidence.is_other
        if evidence is None or not evidence.others:
            continue
        first = evidence.others[0]
        facts: dict[str, Any] = {
            "line": summary.rows[first][0] if first in summary.rows else None,
            "column": "text",
            "value": texts[first],
            "others": len(evidence.others),
            "compared": evidence.compared,
            "sampled": " that were sampled" if evidence.is_sample else "",
            "place": part.spec.place,
            "first": first,
            "expected": f", expected '{_short(evidence.expected)}'" if evidence.expected else "",
        }
        if evidence.is_other:
            named = _other_releases(part.spec, texts, known)
            facts["named"] = f"; they are the texts of release {' and '.join(named)}" if named else ""
        findings.add("other-texts" if evidence.is_other else "some-other-texts", **facts)
    return proven


def _evidence(spec: FileSpec, texts: TextsById, known: KnownTexts) -> _Evidence | None:
    """Compare the texts of a file with those of a file of the task; None if nothing is known about these."""
    own = {text_id: texts[text_id] for text_id in spec.ids if text_id in texts}
    # A column with one text in most rows is a placeholder.
    if not own or 2 * max(Counter(own.values()).values()) > len(own) > 1:
        return None
    if len(own) == spec.rows and spec.texts_hash and _hash(own, spec) == spec.texts_hash:
        return _Evidence(len(own), ())
    expected = known.of(spec)
    if expected is None:
        return _sampled(spec, own)
    verdicts = {text_id: is_other(text, expected[text_id]) for text_id, text in own.items()}
    others = tuple(text_id for text_id, verdict in verdicts.items() if verdict)
    compared = sum(verdict is not None for verdict in verdicts.values())
    return _Evidence(compared, others, expected[others[0]] if others else "")


def _sampled(spec: FileSpec, texts: TextsById) -> _Evidence | None:
    """Compare the texts of which the task has hashes."""
    from semeval_emo.data.overlap import SAMPLE_DIGITS, sample_hash

    digits = textwrap.wrap(spec.texts_sample, SAMPLE_DIGITS)
    if len(digits) != len(spec.sample_ids):
        return None
    sample = dict(zip(spec.sample_ids, digits, strict=True))
    own = {text_id: text for text_id in sample if not _is_damaged(text := texts.get(text_id, ""))}
    if 2 * len(own) < len(sample):
        return None
    others = [
        text_id
        for text_id, text in own.items()
        if all(sample_hash([version]) != sample[text_id] for version in (text, *_misread(text)))
    ]
    return _Evidence(len(own), tuple(others), is_sample=True)


def _other_releases(spec: FileSpec, texts: TextsById, known: KnownTexts) -> list[str]:
    """Return the other releases whose texts with these ids the file has; one of those with the same texts."""
    found: dict[str, str] = {}
    for other in known.task.specs(track=spec.track, language=spec.language, split=spec.split):
        if other.texts_hash not in ("", spec.texts_hash, *found):
            evidence = _evidence(other, texts, known)
            if evidence is not None and evidence.compared and not evidence.is_other:
                found[other.texts_hash] = other.release
    return list(found.values())


def check_signs(spec: FileSpec, header: Sequence[str], source: InputFile, task: Task, findings: Findings) -> None:
    """Warn of the signs of a refused release, whose train and dev files have the ids of the release.

    No sign of the test files is certain: their names and headers are those of systems.
    """
    if spec.split == SPLITS[-1]:
        return
    names = [cell.strip() for cell in header if cell.strip().lower() in spec.emotions]
    stem = bare_stem(source.base).lower()
    for release in task.releases.values():
        signs = release.signs
        old_codes = [code for code in signs.get("codes", ()) if spec.language in task.aliases.get(code, ())]
        known = {name for code in old_codes for name in (code, bare_stem(name_form(task).filled(code)))}
        for pattern in signs.get("names", ()):
            name = pattern.replace("{track}", spec.track)
            known |= {name.replace("{language}", code) for code in (spec.language, *old_codes)}
        seen = []
        if stem in known:
            seen.append(f"the name is '{source.base}'")
        if signs.get("capitalised_header") and names and all(name == name.capitalize() for name in names):
            seen.append(f"the header has {', '.join(names)}")
        if release.refused and seen:
            findings.add("early-release", value=release.key, title=release.title, sign=" and ".join(seen),
                         place=spec.place, split=spec.split)  # fmt: skip


def _hash(texts: TextsById, spec: FileSpec) -> str:
    return short_hash(sorted(f"{text_id}\t{text}" for text_id, text in texts.items() if text_id in spec.id_set))


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def is_other(seen: str, expected: str) -> bool | None:
    """Return whether two texts are clearly different; None if `seen` says nothing.

    Case, spaces, punctuation and symbols are ignored. Truncated, misread and preprocessed texts are recognised by
    their sequences of three letters.

    >>> is_other("so thats it", "So -- that's it!"), is_other("Nothing like it.", "So -- that's it!")
    (False, True)
    >>> is_other("Ja, schÃ¶n!", "Ja, schön!"), is_other("#NAME?", "-- So that's it!"), is_other("nan", "So")
    (False, None, None)
    """
    if seen == expected:
        return False
    if says_nothing(seen):
        return None
    from semeval_emo.data.overlap import letters

    right = letters(expected)
    for text in (seen, *_misread(seen)):
        own = letters(text)
        if own == right:
            return False
        a, b = _sequences(own), _sequences(right)
        if a and b and len(a & b) >= IN_COMMON * min(len(a), len(b)):
            return False
    return True


def says_nothing(text: str) -> bool:
    """Return whether a cell has no text, or mostly question marks for the letters of another script."""
    visible = "".join(text.split())
    return text.strip().lower() in NO_TEXTS or 2 * sum(map(visible.count, "?\ufffd")) > len(visible)


def _is_damaged(text: str) -> bool:
    """Return whether letters of a text are lost, so that its hash says nothing."""
    return says_nothing(text) or "\ufffd" in text or bool(re.search(r"\w\?+\w", text))


def _misread(text: str) -> list[str]:
    """Return what a text could have been before UTF-8 was misread."""
    if text.isascii():
        return []
    found = []
    for encoding in MISREAD_AS:
        repaired = text.encode(encoding, "ignore").decode("utf-8", "ignore")
        if repaired != text:
            found.append(repaired)
    return found


def _sequences(text: str) -> set[str]:
    return {text[at : at + 3] for at in range(len(text) - 2)}
