"""Plots for files (PNG, SVG) and for the report page. Needs the extra `plots`."""
