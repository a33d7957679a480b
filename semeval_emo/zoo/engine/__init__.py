"""Training and prediction with torch. Imported only inside functions, so that listing recipes needs no torch."""
