"""Where and how an encoder's arithmetic runs; decoders are small and stay in torch.

The encoder is nearly all of the work. On a processor OpenVINO runs it several times faster than
torch's eager mode; torch is the reference and the fallback.
"""

import importlib.util
import warnings
from typing import Literal, Protocol, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from captioning.encoders import Encoder, channels_last
from captioning.errors import CaptioningError

EngineName = Literal["auto", "torch", "openvino"]


class EngineError(CaptioningError):
    """The named engine does not exist or is not installed."""


class Engine(Protocol):
    """Runs one encoder."""

    name: str
    device: torch.device
    """Where features come out, and so where the decoder should be."""

    def encode(self, pixels: NDArray[np.float32]) -> Tensor:
        """Normalised pixels (B, 3, S, S) → features (B, P, C) on `device`; thread-safe."""


def create_engine(
    name: str,
    encoder: Encoder,
    size: int,
    threads: int | None = None,
    *,
    full_precision: bool = False,
) -> Engine:
    """An engine for `encoder` and square photos of `size` pixels.

    Args:
        name: ``torch`` (a GPU where there is one), ``openvino`` (processors), or ``auto``: torch on
            a GPU, else OpenVINO where it is installed, else torch.
        threads: processor threads of this engine; all cores when None. torch has one setting for
            the whole process, which is left alone.
        full_precision: compute in fp32 even where something faster is native.

    Raises:
        EngineError: for an unknown engine or one that is not installed.
    """
    if name not in get_args(EngineName):
        raise EngineError(f"engine must be one of {', '.join(get_args(EngineName))}: {name!r}")
    installed = importlib.util.find_spec("openvino") is not None
    if name == "openvino" and not installed:
        raise EngineError("the engine openvino needs the package openvino: pip install openvino")
    if name == "openvino" or (name == "auto" and installed and not torch.cuda.is_available()):
        return OpenVINOEngine(encoder, size, threads, full_precision)
    return TorchEngine(encoder)


class TorchEngine:
    """torch in fp32, on the GPU where there is one."""

    name = "torch"

    def __init__(self, encoder: Encoder) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._encoder = channels_last(encoder.to(self.device)).eval()

    @torch.inference_mode()
    def encode(self, pixels: NDArray[np.float32]) -> Tensor:
        batch = torch.from_numpy(pixels).to(self.device, memory_format=torch.channels_last)
        features: Tensor = self._encoder(batch)
        return features


class OpenVINOEngine:
    """OpenVINO on the processor, in fp32 or in what it finds fastest there (bf16 where native)."""

    name = "openvino"
    device = torch.device("cpu")

    def __init__(
        self, encoder: Encoder, size: int, threads: int | None, full_precision: bool
    ) -> None:
        import openvino
        from openvino.frontend import FrontEndManager
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

        # The frontend is driven directly because openvino.convert_model reports usage to a server.
        example = torch.zeros(1, 3, size, size)
        with torch.inference_mode(), warnings.catch_warnings():
            # Sizes may become constants: all photos here have one.
            warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
            # Its check would run the encoder three more times, most of the time of a start.
            traced = torch.jit.trace(encoder.eval(), example, check_trace=False)
        frontend = FrontEndManager().load_by_framework("pytorch")
        decoder = TorchScriptPythonDecoder(traced)  # must outlive the conversion
        model = frontend.convert(frontend.load(decoder))
        model.reshape(openvino.PartialShape([-1, 3, size, size]))
        settings: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY"}
        if full_precision:
            settings["INFERENCE_PRECISION_HINT"] = "f32"
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        self._compiled = openvino.Core().compile_model(model, "CPU", settings)

    def encode(self, pixels: NDArray[np.float32]) -> Tensor:
        # A request of its own per call is what makes concurrent calls safe.
        request = self._compiled.create_infer_request()
        features = request.infer([pixels])[self._compiled.output(0)]
        return torch.from_numpy(np.array(features, dtype=np.float32))
