"""Report encoding, line ends, separators and quotes of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from semeval_emo.submission.layouts import Reading
from semeval_emo.submission.problem import Findings, entry
from semeval_emo.tables import InputTable
from semeval_emo.tables.raw import MAX_LINE


def report_anomalies(table: InputTable, findings: Findings, reading: Reading, has_labels: bool) -> None:
    """Report encoding, line ends, separators and quotes, which are known once the file has been read.

    Args:
        has_labels: the file has columns of labels, and no other shape.
    """
    if table.encoding != "utf-8":
        findings.add("not-utf-8", value=table.encoding.upper())
    elif table.bom:
        findings.add("byte-order-mark", line=1)
    layout = reading.layout
    if table.container != "CSV" or reading.is_free:
        layout = replace(layout, delimiter=",")
    if table.delimiter != layout.delimiter:
        findings.add("delimiter", line=table.header_line, value=table.delimiter, expected=layout.delimiters,
                     in_pandas=layout.in_pandas())  # fmt: skip
    for name, anomaly in table.anomalies.items():
        if not anomaly.count:
            continue
        # Texts need quotes; removing their column removes the quotes too.
        if name == "quoted" and '"' not in table.header_text and entry("text-column").code in findings.counts:
            continue
        # So do lists in a cell, which become columns, and answers that cannot be read.
        if name in ("quoted", "multiline-cell") and (not has_labels or reading.may_quote(table.delimiter)):
            continue
        for line, detail in anomaly.first:
            findings.add(name, line=line, **_anomaly_facts(name, line, detail))
        findings.more(name, anomaly.count - len(anomaly.first))
    crlf, cr = table.newlines["\r\n"], table.newlines["\r"]
    if crlf:
        findings.add("crlf", crlf=crlf, lines=table.lines)
    if cr:
        findings.add("lone-cr", cr=cr, lines=table.lines)


def _anomaly_facts(name: str, line: int, detail: str) -> dict[str, Any]:
    if name == "stray-quote":
        return {"swallow": f"; a CSV reader would read lines {line} to {detail} as one row" if detail else ""}
    if name == "multiline-cell":
        return {"last": detail}
    return {"limit": MAX_LINE} if name == "long-line" else {"value": detail or None}
