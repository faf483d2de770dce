"""Dropout for training on processors."""

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Torch's, but ten times faster on a processor, where it takes one random number a value.

    Here one gives the chance of eight values, in 256ths.
    """

    def forward(self, values: Tensor) -> Tensor:
        dropped = round(256 * self.p)
        if not self.training or not dropped or values.device.type != "cpu":
            return super().forward(values)
        numbers = torch.empty(-(-values.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
        chance = numbers.view(torch.uint8)[: values.numel()].view(values.shape)
        return values.masked_fill(chance < dropped, 0) * (256 / (256 - dropped))
