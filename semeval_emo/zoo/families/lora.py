"""Low-rank adapters (peft) on a frozen backbone, in int8 or int4 where a GPU and bitsandbytes are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from semeval_emo.zoo.families.transformer import Transformer
from semeval_emo.zoo.recipe import Dropout, PositiveFloat, PositiveInt


@dataclass(frozen=True)
class Options:
    """The adapters.

    Attributes:
        rank, alpha, dropout: as in Hu et al. 2021.
        targets: names of the layers that get one; empty for what peft takes for the architecture.
    """

    rank: PositiveInt = 8
    alpha: PositiveFloat = 16.0
    dropout: Dropout = 0.1
    targets: tuple[str, ...] = ()


class Lora(Transformer):
    """A frozen backbone with adapters and a trained head."""

    Options = Options
    packages: ClassVar[tuple[str, ...]] = (*Transformer.packages, "peft")
