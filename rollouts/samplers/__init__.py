"""Samplers, one to a file; `genesys.rollouts.sampler` has the contract and the registry."""
