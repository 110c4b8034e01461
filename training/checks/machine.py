"""What the machine and the accounts at hand can serve."""

from __future__ import annotations

import netrc
import os
from collections.abc import Iterator
from pathlib import Path

from genesys.training.checks.finding import Finding, stop, warn
from genesys.training.checks.flight import Flight


def check_machine(flight: Flight) -> Iterator[Finding]:
    """Looks at devices, at the reference model and at where the log goes."""
    yield from _device(flight)
    yield from _reference(flight)
    if "wandb" in (flight.setting("report_to") or []) and not _wandb_may_start():
        yield stop(
            "wandb_would_ask",
            "report_to has wandb, and there is no key for it: it would ask at the terminal, or fail",
            'Log in (`wandb login`), set WANDB_MODE=offline, or set report_to="none".',
        )


def _device(flight: Flight) -> Iterator[Finding]:
    import torch

    on_cpu = bool(flight.setting("use_cpu")) or not (
        torch.cuda.is_available() or torch.backends.mps.is_available()
    )
    if on_cpu and flight.setting("use_vllm"):
        yield stop(
            "vllm_on_cpu",
            "use_vllm=True, and there is no GPU: TRL cannot give vLLM the weights on a CPU",
            "Set use_vllm=False.",
        )
    if on_cpu and flight.setting("bf16"):
        yield warn(
            "bf16_on_cpu",
            "bf16=True on a CPU is many times slower, and a small model learns nothing in it",
            "Set bf16=False and use_cpu=True.",
        )


def _reference(flight: Flight) -> Iterator[Finding]:
    """TRL loads the reference model by the name of the policy; one made in memory has none."""
    needs = flight.kind == "dpo" or (flight.kind == "grpo" and (flight.setting("beta") or 0) > 0)
    if not needs or flight.model is None or isinstance(flight.model, str):
        return
    if hasattr(flight.model, "peft_config") or flight.setting("precompute_ref_log_probs"):
        return
    name = getattr(getattr(flight.model, "config", None), "_name_or_path", "")
    if not name:
        yield stop(
            "no_reference_model",
            f"beta={flight.setting('beta')} needs a reference model, which TRL loads by the policy's name or path, and "
            "this model was made in memory",
            "Save it and name the folder, set beta=0, or pass a reference model (DPO).",
        )


def _wandb_may_start() -> bool:
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_MODE") in ("offline", "disabled", "dryrun"):
        return True
    try:
        hosts = netrc.netrc(os.environ.get("NETRC") or Path.home() / ".netrc").hosts
    except (OSError, netrc.NetrcParseError):
        return False
    return any("wandb" in host for host in hosts)
