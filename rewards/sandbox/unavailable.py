"""What the sandbox raises."""

from __future__ import annotations

from genesys.errors import ConfigurationError, GenesysError


class SandboxUnavailable(ConfigurationError):
    """No isolation level that may be used holds on this machine; nothing was run."""


class SandboxFault(GenesysError):
    """A worker died or stopped answering: not the program's doing, and worth one more try."""


class ToolchainMissing(ConfigurationError):
    """A compiler or interpreter is not installed, or the sandbox may not read it."""
