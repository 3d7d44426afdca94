"""Layers that see the whole batch, although this process holds only its share of it.

torch's own SyncBatchNorm works on GPUs alone; this one is the same anywhere, so what is tested on
a CPU is what trains. The names of weights do not change, nor do the files of a checkpoint.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.losses import at_least_fp32
from training.team import Team


def see_whole_batch(network: nn.Module, team: Team) -> None:
    """Make a network's layers of normalisation and dropout those of the whole batch, in place."""
    if team.size == 1:
        return
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.__class__ = WholeBatchNorm
        elif isinstance(part, nn.Dropout):
            part.__class__ = WholeBatchDropout
        else:
            continue
        part.team = team  # type: ignore[assignment]


def see_own_share(network: nn.Module) -> None:
    """Make them layers again that ask no other process, in place."""
    alone: dict[type[nn.Module], type[nn.Module]] = {
        WholeBatchNorm: nn.BatchNorm2d,
        WholeBatchDropout: nn.Dropout,
    }
    for part in network.modules():
        part.__class__ = alone.get(type(part), type(part))


class WholeBatchNorm(nn.BatchNorm2d):
    """Normalise by the statistics of all processes' pictures, taken in fp32 at least."""

    team: Team

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Normalise; in evaluation by the running statistics, as ever."""
        if not self.training:
            return super().forward(x_BCHW)
        x = at_least_fp32(x_BCHW)
        mean_C, variance_C = self._statistics(x)
        self._remember(mean_C, variance_C, self.team.size * x.numel() // x.shape[1])
        scale_C = self.weight * torch.rsqrt(variance_C + self.eps)
        normal: Tensor = (x - _spread(mean_C)) * _spread(scale_C) + _spread(self.bias)
        return normal.to(x_BCHW.dtype)

    def _statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        # Not by the sum of squares, which loses the digits of a small variance far from zero.
        variance_C, mean_C = torch.var_mean(x, dim=(0, 2, 3), correction=0)
        means_WC, variances_WC = self.team.gather(torch.stack([mean_C, variance_C])).unbind(1)
        mean_C = means_WC.mean(0)
        return mean_C, (variances_WC + (means_WC - mean_C).square()).mean(0)

    @torch.no_grad()
    def _remember(self, mean_C: Tensor, variance_C: Tensor, count: int) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean_C, self.momentum)
        self.running_var.lerp_(variance_C * (count / (count - 1)), self.momentum)


class WholeBatchDropout(nn.Dropout):
    """Drop what one process would drop of the whole batch: chance is drawn for all of it."""

    team: Team

    def forward(self, x: Tensor) -> Tensor:
        """Drop values in training."""
        if not self.training:
            return x
        whole = torch.ones_like(torch.cat([x.detach()] * self.team.size))
        return x * F.dropout(whole, self.p)[self.team.rows(len(whole))]


def _spread(values_C: Tensor) -> Tensor:
    return values_C.view(1, -1, 1, 1)
