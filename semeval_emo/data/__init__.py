"""Where texts and gold labels come from: a folder, the Hugging Face hub, the built-in sample."""

from semeval_emo.data.gold import Gold, load_gold

__all__ = ["Gold", "load_gold"]
