"""LLM steps against vLLM's own server, for the mechanics."""

from pathlib import Path

import pytest
from build_rig import committed, model_at
from vllm_server import VllmServer

from genesys.curation.builders import Build, BuildOptions
from genesys.errors import DataError
from genesys.rewards import Grader

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm-server")]


def test_the_steps_ask_vllm_for_real(vllm_server: VllmServer, tmp_path: Path) -> None:
    """A tiny model says nothing of use: each prompt is asked as often as a step asks, and nothing ships."""
    options = BuildOptions(extra={"size": 3, "generations": 1})
    sampling = model_at(vllm_server.url, vllm_server.model, max_tokens=24)
    grader = Grader()
    try:
        with pytest.raises(DataError, match="written:malformed_reply"):
            Build(builder="output", sources=[], options=options, sampling=sampling).run(
                tmp_path / "out", grader
            )
    finally:
        grader.close()
    assert committed(tmp_path / "out.work") == 3 * 3
