"""Several processes that train one model, as ``torchrun`` starts them.

Every process takes its share of each step's photos. Gradients are summed over all of them, so that
all make the same update and the outcome is that of one process. Only the first one writes files.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn

_PATIENCE = timedelta(hours=2)
"""How long processes wait for one another: the first computes features and scores dev alone."""


@contextmanager
def joined_processes() -> Iterator[None]:
    """Join the processes that torchrun started beside this one; by itself, do nothing."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def process_number() -> int:
    """0 in the first process, which is the one that writes."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def process_count() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def local_number() -> int:
    """This process's number on its own machine, which is also that of its GPU."""
    return int(os.environ.get("LOCAL_RANK", 0)) if distributed.is_initialized() else 0


def sum_gradients(parameters: Iterable[nn.Parameter], value: Tensor) -> Tensor:
    """Add up gradients and a number over all processes, in place and in one message.

    Args:
        value: this process's share of a number; a scalar.

    Returns:
        The sum of the shares.
    """
    if process_count() == 1:
        return value
    gradients = []
    for parameter in parameters:
        if parameter.grad is None:  # its process had no photo in this step
            parameter.grad = torch.zeros_like(parameter)
        gradients.append(parameter.grad)
    message = torch.cat([value.view(1), *(gradient.flatten() for gradient in gradients)])
    distributed.all_reduce(message)
    parts = torch.split(message, [1, *(gradient.numel() for gradient in gradients)])
    for gradient, part in zip(gradients, parts[1:], strict=True):
        gradient.copy_(part.view_as(gradient))
    return parts[0].squeeze(0)


def average_buffers(module: nn.Module) -> None:
    """Make batch-norm statistics those of all processes' photos."""
    if process_count() == 1:
        return
    for buffer in module.buffers():
        if buffer.is_floating_point():
            distributed.all_reduce(buffer)
            buffer /= process_count()


def copy_from_first(module: nn.Module) -> None:
    """Give every process the first one's parameters and buffers."""
    if process_count() > 1:
        for tensor in module.state_dict().values():
            distributed.broadcast(tensor, 0)


def tell_all(value: float, device: torch.device) -> float:
    """The first process's `value`, in every process."""
    if process_count() == 1:
        return value
    told = torch.tensor(value, dtype=torch.float64, device=device)
    distributed.broadcast(told, 0)
    return float(told)
