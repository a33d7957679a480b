"""What predictions are worth: metrics from sufficient statistics, scorecards, resampling, comparison of systems."""
