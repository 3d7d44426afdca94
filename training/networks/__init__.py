"""The networks of the systems that the paper names, one file a system.

Generators take line art B1HW, a hint BCHW (C is 3, or 4 with a mask as its last channel: positive
where a colour is wished) and noise or None, and give pictures B3HW in [-1, 1]. Critics take
pictures and what was given and give logits (B, N), N being 1 or the number of patches. A picture's
side is a multiple of the network's `multiple`. `width` is the number of channels from which all
others follow.

One rule holds in every file: a convolution that batch normalisation follows has no bias, for the
normalisation would take it away again. Some of the sources keep such biases; what can be learned
is the same.
"""
