"""Which way each measure is better, and by which answers meet picture by picture."""

MORE_IS_BETTER = frozenset({"psnr", "ssim", "ms_ssim"})
"""Of these measures more is better, of all others less."""

DUELLED = ("l2", "ssim", "kl_8", "perceptual")
"""By these measures two answers to the same pictures are compared."""
