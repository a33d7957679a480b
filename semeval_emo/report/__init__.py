"""How results become text: one table model, a function per format, and each room's view of its results."""
