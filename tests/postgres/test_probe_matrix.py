"""What probe says is what the clients do: a sample of the matrix in `probe_matrix`, whose whole is run by hand."""

from pathlib import Path

import pytest

from tests.postgres import probe_matrix, probe_servers
from tests.postgres.clients import Jvm, jvms
from tests.postgres.server import Server
from tests.readers.pem_mutations import damaged
from truststore_tool.readers.source import Source

SEED = 11


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> list[Jvm]:
    return jvms(tmp_path_factory.mktemp("classes"))


def test_probe_says_what_the_clients_do(server: Server, judges: list[Jvm], tmp_path: Path) -> None:
    stores = probe_matrix.keystores(judges[0].java.with_name("keytool"), tmp_path, ("root", "leaf"))
    cases = [*probe_matrix.sample(probe_matrix.pem_files(), 12, SEED), *probe_matrix.sample(stores, 12, SEED)]
    found = probe_matrix.outcomes(server, judges, cases, tmp_path)
    assert len(found) == 36
    assert {outcome.said for outcome in found} >= {True, False}
    assert [outcome for outcome in found if not outcome.agrees] == []


def test_probe_says_of_servers_what_the_clients_do(server: Server, judges: list[Jvm], tmp_path: Path) -> None:
    found = probe_servers.outcomes(server, judges, probe_servers.cases(25, SEED), tmp_path)
    assert len(found) == 50
    assert {outcome.said for outcome in found} >= {True, False}
    assert [outcome for outcome in found if not outcome.agrees] == []


def test_pem_is_read_as_each_jvm_reads_it(judges: list[Jvm], tmp_path: Path) -> None:
    files = [case.data for case in probe_matrix.sample(probe_matrix.pem_files(), 200, SEED)]
    files += damaged(150, SEED)
    for number, data in enumerate(files):
        (tmp_path / f"{number}.pem").write_bytes(data)
    requests = [("read", tmp_path / f"{number}.pem") for number in range(len(files))]
    answers = [jvm.ask(*requests) for jvm in judges]
    refused = 0
    for data, *said in zip(files, *answers, strict=True):
        for view, answer in zip(Source.of("s", "java", data).views, said, strict=True):
            predicted = " ".join(f"{certificate.serial_number:x}" for certificate in view.certificates)
            assert (view.refused is not None) == answer.startswith("error:"), (view, answer, data)
            assert view.refused or predicted == answer, (view, data)
            refused += view.refused is not None
    assert 50 < refused < 2 * len(files) - 50
