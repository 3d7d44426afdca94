"""From checkpoints to numbers, pictures and the report."""
