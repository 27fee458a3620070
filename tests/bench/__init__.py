"""Benchmarks: our command line beside the real tools on the same work, as whole processes, as a script starts them.

``python -m tests.bench`` runs them; `measure` times, the modules `prompt`, `bulk`, `scale` and `kdf` say what, `table`
shows the figures. Nothing here is part of the test suite: how fast a machine is proves nothing about the code.
"""
