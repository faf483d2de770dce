"""Where a training computes, and in which precision."""

from functools import cache
from pathlib import Path

import torch

from training.processes import local_number

_PROCESSOR = Path("/proc/cpuinfo")
_NATIVE_BF16 = {"amx_bf16", "avx512_bf16"}


def training_device() -> torch.device:
    """This process's GPU where there is one, else the processor."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", local_number())
    torch.cuda.set_device(device)
    return device


def mixed_precision(precision: str, device: torch.device) -> torch.autocast:
    """What a forward pass runs in: bf16 where it pays, or where it was asked for.

    Args:
        precision: ``fp32``, ``bf16``, or ``auto``: bf16 where `device` has arithmetic for it.
    """
    is_on = precision == "bf16" or (precision == "auto" and _has_bf16(device.type))
    return torch.autocast(device.type, torch.bfloat16, enabled=is_on)


@cache
def _has_bf16(kind: str) -> bool:
    """Whether the hardware computes in bf16; emulation is many times slower than fp32."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return _PROCESSOR.is_file() and not _NATIVE_BF16.isdisjoint(_PROCESSOR.read_text().split())
