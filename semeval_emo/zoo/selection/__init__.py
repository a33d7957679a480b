"""Selection on dev or out of fold: epochs, settings, thresholds, cut points."""
