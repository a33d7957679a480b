"""Texts and gold labels: from a folder, the Hugging Face hub or the built-in sample."""

from semeval_emo.data.gold import load_gold
from semeval_emo.data.labels import Gold

__all__ = ["Gold", "load_gold"]
