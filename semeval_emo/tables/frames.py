"""Data frames of results; pandas is imported on first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame


def data_frame(columns: Mapping[str, Any], index: Any = None) -> DataFrame:
    """Return a data frame of columns."""
    import pandas as pd

    return pd.DataFrame(dict(columns), index=index)
