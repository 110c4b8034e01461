"""Contract tests for people who extend genesys; import them in a test suite of your own.

    from genesys.testing import check_verifier

    def test_my_verifier_keeps_the_contract():
        check_verifier(ChessVerifier(), problem, right=["Nf3"], wrong=["Nf6", ""])

Each raises AssertionError with what is broken; silence is a pass.
"""

from genesys.testing.environments import check_environment
from genesys.testing.samplers import check_sampler
from genesys.testing.verifiers import check_verifier

__all__ = ["check_environment", "check_sampler", "check_verifier"]
