"""The ground: where things lie and what they look like. Knows no stage, no torch, no HTTP."""
