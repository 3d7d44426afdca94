"""The gradient penalty: how far the critic is from slope 1 between real and fake.

`by_autograd` is the definition and works for any critic. `analytic` gives the same value and the
same gradients for ours: convolutions and leaky ReLU are piecewise linear, so the gradient with
respect to the picture is a chain of transposed convolutions of the weights with the slopes
between, and no second derivative is ever taken.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from training import padding
from training.losses import at_least_fp32
from training.networks.critic import COLOR_CHANNELS, SLOPE, Critic


def mix(real_BCHW: Tensor, fake_BCHW: Tensor, share_B: Tensor) -> Tensor:
    """Give a picture between each real and its fake: `share` of the real one."""
    share = share_B.view(-1, 1, 1, 1)
    return share * real_BCHW + (1 - share) * fake_BCHW


def of_gradient(gradient_BCHW: Tensor) -> Tensor:
    """Give the mean of (norm - 1)^2; the norm is a picture's own, over channels and pixels."""
    norm_B = torch.linalg.vector_norm(at_least_fp32(gradient_BCHW).flatten(1), dim=1)
    value: Tensor = (norm_B - 1).square().mean()
    return value


def by_autograd(critic: torch.nn.Module, mixed_BCHW: Tensor, given_BCHW: Tensor) -> Tensor:
    """Give the penalty by its definition: differentiate the score with respect to the picture."""
    mixed = mixed_BCHW.detach().requires_grad_(True)
    # The plain forward: a compiled critic has no second derivative.
    score = critic.forward(mixed, given_BCHW).sum()
    (gradient,) = torch.autograd.grad(score, mixed, create_graph=True)
    return of_gradient(gradient)


def analytic(critic: Critic, mixed_BCHW: Tensor, given_BCHW: Tensor) -> Tensor:
    """Give the penalty by the chain rule written out, an ordinary first-order expression."""
    befores = _before_relus(critic, mixed_BCHW, given_BCHW)
    kernels = critic.kernels()
    # Only the picture's channels of the first convolution lead to the picture.
    kernels[0] = kernels[0][:, :COLOR_CHANNELS]
    if padding.is_wanted(mixed_BCHW.device):
        # Channels of zeros, which no norm sees.
        kernels[0] = padding.filled(kernels[0], 1)
    gradient = critic.linear.weight.view(1, -1, critic.side, critic.side)
    gradient = gradient.expand(len(mixed_BCHW), -1, -1, -1)
    for kernel, before in zip(reversed(kernels), reversed(befores), strict=True):
        # The kernel that autograd itself calls: times 1 or the slope, and no mask is ever stored.
        gradient = torch.ops.aten.leaky_relu_backward(gradient, before, SLOPE, False)
        gradient = F.conv_transpose2d(gradient, kernel, stride=2, padding=1)
    return of_gradient(gradient)


@torch.no_grad()
def _before_relus(critic: Critic, mixed_BCHW: Tensor, given_BCHW: Tensor) -> list[Tensor]:
    """Give what each leaky ReLU sees; its sign decides the slope, constant around this input."""
    befores = []
    x = critic.seen(mixed_BCHW, given_BCHW)
    for conv in critic.convs:
        befores.append(conv(x))
        x = F.leaky_relu(befores[-1], SLOPE)
    return befores
