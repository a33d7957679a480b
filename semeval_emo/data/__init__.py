"""Texts and gold labels: from a folder, the Hugging Face hub or the built-in sample."""

from semeval_emo.data.gold import Gold, load_gold

__all__ = ["Gold", "load_gold"]
