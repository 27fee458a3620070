"""Verdicts of ``postgres probe`` held against psql and the JDBC driver, which connect to the same server.

    python -m tests.postgres.probe_matrix [NUMBER [SEED]]

NUMBER files of trust and key stores, chosen by SEED, and as many servers, made by it; all files where none is given.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from tests.postgres import probe_servers
from tests.postgres.clients import Jvm, jvms, psql
from tests.postgres.probe_outcomes import Outcome, asked, said, told
from tests.postgres.server import Server, folder_of_servers, postgresql
from tests.readers import pem_grid
from tests.realtools import find, run
from tests.samples import certificates, own
from truststore_tool.postgres.probe import probe
from truststore_tool.postgres.target import Target
from truststore_tool.readers.hostnames import TlsReader
from truststore_tool.readers.source import Source

PASSWORD: Final = "changeit"
SERVERS: Final = 500
OLD, NEW, MIDDLE = (certificates(own(f"{name}.pem"))[0].der for name in ("old-root", "new-root", "old-intermediate"))
LEAF: Final = certificates(own("old-server.pem"))[0].der


class Case(NamedTuple):
    """A file of trust, and the password and the type of store that its readers are given."""

    name: str
    data: bytes
    password: str | None = None
    is_keystore: bool = False

    @property
    def storetype(self) -> str:
        """JCEKS is what Java has to be told."""
        return "JCEKS" if "JCEKS" in self.name else ""


def pem_files() -> list[Case]:
    """PEM as people and programs make it, of what leads to the server's certificate and of what does not."""
    found = dict(pem_grid.cases(OLD, NEW, MIDDLE))
    blocks = {"root": OLD, "other root": NEW, "intermediate": MIDDLE, "leaf": LEAF}
    for name, der in blocks.items():
        found[f"{name} alone"] = pem_grid.block(der)
        found[f"{name} and other root"] = pem_grid.block(der) + pem_grid.block(NEW)
        found[f"{name} in DER"] = der
    text = pem_grid.block(OLD)
    pkcs7 = (find("openssl"), "crl2pkcs7", "-nocrl", "-certfile", own("old-root.pem"))
    found |= {
        "UTF-16": text.decode().encode("utf-16"),
        "HTML": b"<html><body>404 Not Found</body></html>\n",
        "CR only": text.replace(b"\n", b"\r"),
        "one line": pem_grid.block(OLD, width=4000),
        "indented": b"".join(b"  " + line for line in text.splitlines(keepends=True)),
        "PKCS7": run(*pkcs7),
        "PKCS7 in DER": run(*pkcs7, "-outform", "DER"),
        "text of openssl x509": run(find("openssl"), "x509", "-in", own("old-root.pem"), "-text"),
        "bag attributes": b"Bag Attributes: <No Attributes>\nsubject=CN = x\n" + text,
        "quoted": b"'" + text + b"'",
        "literal line ends": text.replace(b"\n", b"\\n"),
    }
    return [Case(name, data) for name, data in found.items()]


CONTENTS: Final = {"root": "old-root", "intermediate": "old-intermediate", "leaf": "old-server", "other": "new-root"}


def keystores(keytool: Path, folder: Path, contents: Iterable[str] = CONTENTS) -> Iterator[Case]:
    """Key stores as keytool and openssl make them, with their password and without, and cut."""
    made: dict[str, bytes] = {}
    for content in contents:
        file = CONTENTS[content]
        for form in ("JKS", "PKCS12", "JCEKS"):
            path = folder / f"{content}.{form}"
            options = ("-storetype", form, "-storepass", PASSWORD, "-keystore", path)
            run(keytool, "-importcert", "-noprompt", "-alias", content, "-file", own(f"{file}.pem"), *options)
            made[f"{content} in {form}"] = path.read_bytes()
        out = ("-export", "-nokeys", "-passout", f"pass:{PASSWORD}", "-in", own(f"{file}.pem"))
        openssl = find("openssl")
        made[f"{content} by openssl"] = run(openssl, "pkcs12", *out)
        made[f"{content} by openssl, in plain"] = run(openssl, "pkcs12", *out, "-certpbe", "NONE")
        jdk = ("-jdktrust", "anyExtendedKeyUsage")
        if content == "root" and b"-jdktrust" in run(openssl, "pkcs12", "-help", check=False):
            made["root by openssl, with Java's attribute"] = run(openssl, "pkcs12", *out, *jdk)
    key = ("-inkey", own("old-server.key"), "-passout", f"pass:{PASSWORD}")
    files = ("-in", own("old-server.pem"), "-certfile", own("old-root.pem"))
    made["key by openssl"] = run(find("openssl"), "pkcs12", "-export", *files, *key)
    open_store = folder / "open.p12"
    quiet = ("-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE")
    options = ("-storetype", "PKCS12", "-storepass", PASSWORD, "-keystore", open_store)
    run(keytool, *quiet, "-importcert", "-noprompt", "-alias", "a", "-file", own("old-root.pem"), *options)
    made["without any password"] = open_store.read_bytes()
    for name, data in made.items():
        for password in (PASSWORD, None):
            yield Case(f"{name}, password {password}", data, password, is_keystore=True)
        yield Case(f"{name}, cut", data[:-30], PASSWORD, is_keystore=True)


def outcomes(server: Server, judges: Sequence[Jvm], cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """What probe says of each case and each reader, and what the clients do."""
    paths = []
    for number, case in enumerate(cases):
        paths.append(folder / f"case-{number}.pem")
        paths[-1].write_bytes(case.data)
    found = []
    requests = [_request(server, case, path) for case, path in zip(cases, paths, strict=True)]
    answers = [asked(jvm, requests) for jvm in judges]
    for number, (case, path) in enumerate(zip(cases, paths, strict=True)):
        found.append(_outcome(server, case, "java", path, tuple(answer[number] for answer in answers)))
        if not case.is_keystore:
            done = psql(f"{_settings(server)} sslrootcert={path}", folder)
            found.append(_outcome(server, case, "libpq", path, ("tls=true" if done.code == 0 else done.err,)))
    return found


def _settings(server: Server) -> str:
    return f"host=localhost port={server.port} dbname=postgres user=reader sslmode=verify-full"


def _request(server: Server, case: Case, path: Path) -> tuple[str, ...]:
    url = f"jdbc:postgresql://localhost:{server.port}/postgres?user=reader&sslmode=verify-full"
    if case.is_keystore:
        factory = "org.postgresql.ssl.DefaultJavaSSLFactory"
        return "through", str(path), case.storetype, case.password or "", f"{url}&sslfactory={factory}"
    return "connect", f"{url}&sslrootcert={path}", "", ""


def _outcome(server: Server, case: Case, reader: TlsReader, path: Path, answers: tuple[str, ...]) -> Outcome:
    source = Source.of(case.name, reader, path.read_bytes(), case.password)
    (verdict,) = probe(Target("localhost", server.port), [source], datetime.now(UTC)).verdicts
    return Outcome(case.name, "keystores" if case.is_keystore else "PEM files", reader, *said(verdict), answers)


def sample(cases: Iterable[Case], number: int | None, seed: int) -> list[Case]:
    """That many of the cases, the same for the same seed."""
    every = list(cases)
    return every if number is None or number >= len(every) else Random(seed).sample(every, number)  # noqa: S311


def main(arguments: Sequence[str]) -> int:
    """The command line; the exit code is 1 when probe and a client differ."""
    number, seed = (int(arguments[0]) if arguments else None), int("".join(arguments[1:]) or "1")
    with TemporaryDirectory() as name, folder_of_servers() as home, postgresql(home) as server:
        folder = Path(name)
        judges = jvms(folder)
        stores = keystores(judges[0].java.with_name("keytool"), folder)
        cases = [*sample(pem_files(), number, seed), *sample(stores, number, seed)]
        found = outcomes(server, judges, cases, folder)
        servers = [*probe_servers.keys(), *probe_servers.cases(SERVERS if number is None else number, seed)]
        found += probe_servers.outcomes(server, judges, servers, folder)
    for line in told(found):
        print(line)
    return int(not all(outcome.agrees for outcome in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
