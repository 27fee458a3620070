"""A folder of stores whose names try to be more than names, and the reports on it."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cli.harness import process
from tests.samples import own

SCRIPT = '<script>document.title="owned"</script>'
IMAGE = '"><img src="x" onerror="document.title=\'owned\'">'
FORMULA = "=HYPERLINK(A1)"
TEMPLATE = "{{ 7 * 7 }}{% raw %}</style></title></svg>"
OVERRIDE = "abc\u202egnp.exe"
ENTITY = "]]>&lt;x a='1' onfocus=1 autofocus&#0;"
HOSTILE = (SCRIPT, IMAGE, FORMULA, TEMPLATE, OVERRIDE, ENTITY)
REPORTS = ("json", "csv", "sarif", "junit", "html", "text")


@dataclass(frozen=True)
class Reported:
    """A scan of the folder `root`, run beside it; its reports by kind."""

    root: Path
    code: int
    reports: dict[str, str]

    def path(self, kind: str) -> Path:
        return self.root.parent / f"report.{kind}"


def certificate(name: str, *, days: float = 400) -> bytes:
    """A root of that common name, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(called, called, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(9)).not_valid_after(now + datetime.timedelta(days))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def make(root: Path) -> None:
    """Stores with hostile subjects, aliases and file names; one that trusts the new root, one that is locked."""
    root.mkdir()
    (root / "etc").mkdir()
    (root / "usr").mkdir()
    subjects = root / "subjects.pem"
    subjects.write_bytes(b"".join(certificate(name) for name in HOSTILE))
    for number, name in enumerate(HOSTILE):
        plain = root / f"{number}-{name.replace('/', '|').replace(chr(0), '')}.pem"
        plain.write_bytes(certificate(f"plain {number}", days=[-3, 20, 200, 900, 2000, 9000][number]))
    (root / "own.pem").write_bytes(own("new-root.pem").read_bytes())
    (root / "copy.pem").write_bytes(own("new-root.pem").read_bytes())
    store = root / "aliases.jks"
    for name in HOSTILE[:4]:
        made = root / "one.pem"
        made.write_bytes(certificate(name))
        done = process("import", store, made, "--alias", name, "--yes", env={"TRUSTSTORE_PASSWORD": "changeit"})
        assert done.code == 0, done.err
        made.unlink()
    locked = process(
        *("convert", own("old-root.pem"), "--out", root / "locked.p12", "--profile", "modern"),
        env={"TRUSTSTORE_PASSWORD": "of nobody"},
    )
    assert locked.code == 0, locked.err
    (root / "etc" / "app.conf").write_text("ssl_ca_file = '/gone &amp; more.pem'\nssl_ca_file = /gone.pem\n")


def report(root: Path, *more: str) -> Reported:
    """Every report on the folder, by one scan."""
    there = root.parent
    wanted = [word for kind in REPORTS for word in ("--report", f"{kind}={there / f'report.{kind}'}")]
    given: tuple[str | Path, ...] = (
        "scan",
        root.name,
        "--need",
        own("new-root.pem"),
        "--expires-within",
        "30d",
        *wanted,
        *more,
    )
    done = process(*given, cwd=there)
    assert done.code in (0, 1), done.err
    texts = {kind: (there / f"report.{kind}").read_bytes().decode() for kind in REPORTS}
    return Reported(root, done.code, texts)
