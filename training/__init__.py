"""Pairs in, checkpoints out: the networks, their losses, and the loop that trains them."""
