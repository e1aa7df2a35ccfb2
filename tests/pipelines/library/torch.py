"""As much of torch as the program that paints asks for, so that it can be tried without gigabytes."""

from collections.abc import Callable

__all__ = ["Generator", "OutOfMemoryError", "backends", "cuda", "dtype", "float16", "float32", "xpu"]


class Number:
    """A kind of number."""


dtype = Number
float16, float32 = Number(), Number()


class OutOfMemoryError(RuntimeError):
    pass


class Generator:
    def __init__(self, device: str) -> None:
        self.seed, self.device = 0, device

    def manual_seed(self, seed: int) -> "Generator":
        self.seed = seed
        return self


class Part:
    """A kind of device, of which this machine has none."""

    is_available: Callable[[], bool] = staticmethod(lambda: False)


class Backends:
    mps = Part()


backends = Backends()
cuda = xpu = Part()
