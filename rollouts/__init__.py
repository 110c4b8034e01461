"""Harvesting: samplers, the collector and the run folder."""
