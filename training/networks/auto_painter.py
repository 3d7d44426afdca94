"""Auto-painter's networks: pix2pix's with kernels of 3 x 3, 48 wide.

Source: Liu, Qin, Luo, Wang, "Auto-painter: Cartoon Image Generation from Sketch by Using
Conditional Generative Adversarial Networks" (2017), and its public code (irfanICMLL/Auto_painter).

Our reading: no BN at the bottom, as in pix2pix. The source trains one picture of 512 px at a time,
whose bottom has four pixels to normalise over; at 256 px there is but one.
"""

from training.networks.pix2pix import PatchCritic, Pix2pixUNet


class AutoPainterUNet(Pix2pixUNet):
    """Pix2pix's U-Net with smaller kernels."""

    kernel = 3


class AutoPainterCritic(PatchCritic):
    """Pix2pix's critic with smaller kernels: its patches are 47 px wide."""

    kernel = 3
