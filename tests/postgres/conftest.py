"""A real PostgreSQL for these tests."""

from collections.abc import Iterator

import pytest

from tests import debian
from tests.cli.conftest import tool
from tests.postgres.server import HBA, Server, folder_of_servers, postgresql
from tests.postgres.seventeen import Seventeen, started

__all__ = ["tool"]


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    """One server for all tests."""
    with folder_of_servers() as folder, postgresql(folder) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """The server under the old certificate, with its first pg_hba.conf; and so again for the next test."""
    before = {name: (running.folder / name).read_bytes() for name in ("server.crt", "pg_hba.conf", "postgresql.conf")}
    yield running
    if any((running.folder / name).read_bytes() != data for name, data in before.items()):
        (running.folder / "postgresql.conf").write_bytes(before["postgresql.conf"])
        (running.folder / "pg_hba.conf").write_text("\n".join(HBA) + "\n")
        running.use("old")


@pytest.fixture(scope="module")
def seventeen() -> Iterator[Seventeen]:
    """A server of PostgreSQL 17."""
    home = debian.there()
    with home.shared() as (outside, inside), started(home, outside, inside) as server:
        yield server
