"""What vLLM's engine is started with: the user's engine arguments, and what a CPU needs.

Every field of vLLM's `AsyncEngineArgs` may be given by its own name, with dashes or underscores; vLLM's
documentation describes them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from genesys.errors import ConfigurationError, UnknownName
from genesys.optional import require
from genesys.rollouts.samplers.vllm_owner import OWNER

DECIDING = ("quantization", "kv_cache_dtype", "hf_overrides", "max_model_len", "logits_processors")
"""Engine arguments that decide texts, beside `dtype`; those given are part of a run's identity."""

OWN_WAY = {
    "model": "Give the model itself.",
    "tokenizer": "Put the tokenizer's files into the model's folder: prompts are rendered with them.",
    "tokenizer_mode": "Prompts are rendered and texts decoded with the model's own tokenizer.",
    "tokenizer_revision": "Give revision, which is that of the tokenizer, too.",
    "skip_tokenizer_init": "Stop texts need the tokenizer.",
}
"""Engine arguments that the sampler decides, and what to do instead."""

ONLY_AT_THE_END = 1 << 30
"""Tokens between two reports on a sample: none but the first token's and the last."""

SMALL_FILE = 100_000_000
"""Bytes of weights under which one thread of torch serves a model on a CPU best."""

_QUIET = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # vLLM's own default is stdout, where results go
    "VLLM_NO_USAGE_STATS": "1",
    "PYTHONWARNINGS": "ignore",  # of the engine's processes; ours is running already
}


def require_vllm(module: str) -> Any:
    """Imports a module of vLLM, quietly."""
    with environment(_QUIET):
        return require(module, extra="vllm", feature="the vllm sampler")


def engine_arguments(
    model: str, given: Mapping[str, Any], *, revision: str | None, dtype: str, interval: int
) -> dict[str, Any]:
    """The engine arguments of a sampler.

    Args:
        model: Folder or name on the hub.
        given: The user's, by vLLM's names.
        revision: Of a model on the hub.
        dtype: As vLLM names it.
        interval: Tokens between two reports on a sample.

    Raises:
        MissingExtra: If vLLM is not installed.
        UnknownName: If vLLM has no such argument.
        ConfigurationError: If the sampler decides it.
    """
    known = {field.name for field in fields(require_vllm("vllm.engine.arg_utils").AsyncEngineArgs)}
    chosen = {name.replace("-", "_"): value for name, value in given.items()}
    for name in chosen:
        if name in OWN_WAY:
            raise ConfigurationError(f"the vllm sampler does not take {name!r}", OWN_WAY[name])
        if name not in known:
            raise _unknown(name, known)
    usual = {"disable_log_stats": True, "use_tqdm_on_load": False, "stream_interval": interval}
    if on_cpu():
        usual |= _usual_on_cpu(chosen)
    usual = {name: value for name, value in usual.items() if name in known}
    return usual | chosen | {"model": model, "revision": revision, "dtype": dtype}


def deciding(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the user's engine arguments that decide texts."""
    chosen = {name.replace("-", "_"): value for name, value in given.items()}
    return {name: chosen[name] for name in DECIDING if name in chosen}


def on_cpu() -> bool:
    """Whether the vLLM at hand computes on the CPU."""
    return bool(require_vllm("vllm.platforms").current_platform.is_cpu())


@contextmanager
def engine_environment(arguments: Mapping[str, Any]) -> Iterator[None]:
    """The environment that the engine's processes are started in; what the user has set stays.

    They are spawned and not forked: this process has threads, whose locks a fork would copy as they are.
    """
    wanted = {**_QUIET, "VLLM_WORKER_MULTIPROC_METHOD": "spawn", OWNER: str(os.getpid())}
    if on_cpu():
        if arguments.get("distributed_executor_backend") == "uni":
            wanted["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"  # else vLLM on CPUs puts a worker beside it
        if _weight_bytes(Path(str(arguments["model"])).expanduser()) < SMALL_FILE:
            wanted |= {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
    with environment(wanted):
        yield


@contextmanager
def environment(wanted: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables that are not set, for a while."""
    missing = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


def _usual_on_cpu(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What vLLM 0.32 needs on a CPU, unless it is given."""
    usual: dict[str, Any] = {
        "enforce_eager": True,
        "gpu_memory_utilization": 0.2,  # it means the host's memory there
        # A seeded request whose prompt is read in pieces ends the engine: "CPU Generator does not use offset".
        "enable_chunked_prefill": False,
    }
    parallel = [name for name in chosen if name.endswith("parallel_size") and chosen[name] != 1]
    if not parallel:
        usual["distributed_executor_backend"] = "uni"
    return usual


def _weight_bytes(folder: Path) -> int:
    """Bytes of a model folder's weights; very many where it is no folder."""
    files = [*folder.glob("*.safetensors"), *folder.glob("*.bin")] if folder.is_dir() else []
    return sum(file.stat().st_size for file in files) or 1 << 62


def _unknown(name: str, known: set[str]) -> UnknownName:
    near = get_close_matches(name, known | {"label", "plain", "keep_tokens", "repetition", "seeds"}, n=3)
    suggestion = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return UnknownName(
        f"unknown option of sampler 'vllm' {name!r}",
        f"{suggestion}Its own are label, plain, keep_tokens, repetition, seeds, revision and dtype; all others "
        "are vLLM's engine arguments, such as tensor_parallel_size, gpu_memory_utilization, max_model_len.",
    )
