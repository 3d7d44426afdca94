"""Site -> posts and originals. The only stage that asks a site."""
