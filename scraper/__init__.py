"""Site -> posts and originals. The only room that speaks HTTP."""
