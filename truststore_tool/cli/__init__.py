"""The command line: one module a command, shared options, one error boundary."""

from truststore_tool.cli.boundary import run

__all__ = ["run"]
