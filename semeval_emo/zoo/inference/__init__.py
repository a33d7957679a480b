"""What uses finished runs: predict, evaluate, tune, ensemble, results, submit, export."""
