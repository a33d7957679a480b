"""Output of results: a table model, a function per output format, and the views of each command's results.

The package has the name of a public function, so it can be called: ``semeval_emo.report(predictions)`` is `api.report`.

>>> import semeval_emo
>>> from semeval_emo.data.sample import sample_folder
>>> page = semeval_emo.report(sample_folder() / "predictions" / "strong" / "track_a", source="sample", resamples=100)
>>> page.contents.cards[0].metric, page.html[:15]
('macro_f1', '<!doctype html>')
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from semeval_emo.report.api import ReportPage


class CallableModule(ModuleType):
    """A package that is called like its function."""

    def __call__(self, *given: Any, **named: Any) -> ReportPage:
        """Call `api.report`."""
        from semeval_emo.report.api import report

        return report(*given, **named)


sys.modules[__name__].__class__ = CallableModule
