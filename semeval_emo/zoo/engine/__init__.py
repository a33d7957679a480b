"""Everything that needs torch: training, frozen prefixes, checkpoints. Imported only inside functions of the zoo."""
