"""The openssl front end where no real openssl is needed: what it refuses, what it hands on, how it starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import RDS_2019_SHA1, RDS_2019_SHA256, amazon, own
from truststore_tool.errors import UsageError, WriteError
from truststore_tool.shims import install as installing
from truststore_tool.shims import openssl
from truststore_tool.shims.openssl import certificate as openssl_certificate
from truststore_tool.shims.openssl.objects import find, long_name, name_of

ROOT = amazon("rds-ca-2019-root.pem")


def _out(capfdbinary: pytest.CaptureFixture[bytes], *arguments: str | Path) -> tuple[int, bytes, bytes]:
    code = openssl.run([str(word) for word in arguments])
    return code, *capfdbinary.readouterr()


def test_the_fingerprint_that_the_provider_publishes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = _out(capfdbinary, "x509", "-fingerprint", "-in", ROOT, "-noout")
    assert (code, out, err) == (0, f"SHA1 Fingerprint={RDS_2019_SHA1}\n".encode(), b"")
    _, out, _ = _out(capfdbinary, "x509", "-in", ROOT, "-noout", "-fingerprint", "-sha256")
    assert out == f"sha256 Fingerprint={RDS_2019_SHA256}\n".encode()


@pytest.mark.parametrize(
    "option", ["-req", "-signkey=k", "-CA=ca.pem", "-new", "-x509toreq", "-force_pubkey=k", "-days=3"]
)
def test_signing_is_outside_and_changes_nothing(
    option: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    target = tmp_path / "out.pem"
    code, out, err = _out(capfdbinary, "x509", "-in", ROOT, option, "-out", target)
    assert (code, out) == (1, b"")
    name = option.partition("=")[0]
    assert err.decode().splitlines() == [
        f"x509: {name} is outside of what this openssl does: it reads, prints and converts certificates, "
        "and signs or makes none"
    ]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_digest_leaves_the_output_file_alone(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    target = tmp_path / "out.pem"
    target.write_bytes(b"old")
    code, _, err = _out(capfdbinary, "x509", "-in", ROOT, "-fingerprint", "-nodigest", "-out", target)
    assert (code, err) == (1, b"Unknown digest\n")
    assert target.read_bytes() == b"old"


def test_output_may_be_a_fifo_or_a_device(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE)
    assert _out(capfdbinary, "x509", "-in", ROOT, "-out", fifo) == (0, b"", b"")
    assert reader.communicate(timeout=300)[0].startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert _out(capfdbinary, "x509", "-in", ROOT, "-out", "/dev/null") == (0, b"", b"")


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = (
        f"{sys.executable} -m truststore_tool openssl x509 -in {amazon('rds-ca-rsa4096-g1-us-east-1.pem')} -text | true"
    )
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")


def _fake(directory: Path, text: str) -> None:
    directory.mkdir()
    program = directory / "openssl"
    program.write_text(text)
    program.chmod(0o755)


def test_every_other_subcommand_goes_to_the_next_openssl_on_the_path(tmp_path: Path) -> None:
    report = installing.install(tmp_path / "shims")
    _fake(tmp_path / "real", '#!/bin/sh\necho "real: $*"\nexit 7\n')
    path = os.pathsep.join([str(report.directory), str(tmp_path / "real"), os.environ["PATH"]])
    done = subprocess.run(
        ["openssl", "s_client", "-connect", "a b"], env={"PATH": path}, capture_output=True, timeout=300
    )
    assert (done.returncode, done.stdout) == (7, b"real: s_client -connect a b\n")


def test_without_a_real_openssl_the_others_end_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    report = installing.install(tmp_path / "shims")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "openssl").symlink_to(Path(sys.argv[0]).resolve())
    monkeypatch.setenv("PATH", os.pathsep.join([str(report.directory), str(tmp_path / "linked")]))
    code, out, err = _out(capfdbinary, "version")
    assert (code, out) == (1, b"")
    assert err == b"openssl: 'version' needs the real openssl, which is not on PATH; only x509 works without it\n"


def test_install_writes_programs_that_run_and_says_how_to_find_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = installing.install(tmp_path / "deep" / "shims")
    assert [program.name for program in report.programs] == ["keytool", "openssl"]
    assert report.advice == f'export PATH="{tmp_path}/deep/shims:$PATH"'
    for program in report.programs:
        assert os.access(program, os.X_OK)
    done = subprocess.run([report.programs[1], "x509", "-noout", "-subject", "-in", own("old-root.pem")],
                          env={"PATH": ""}, capture_output=True, timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"subject=")
    monkeypatch.setenv("PATH", str(report.directory))
    again = installing.install(report.directory)
    assert again.comes_first
    assert again.advice is None


def test_install_takes_an_interpreter_with_blanks_in_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "a 'place'" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    program = installing.install(tmp_path / "shims").programs[1]
    done = subprocess.run([program, "x509", "-noout", "-serial", "-in", ROOT], capture_output=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, b"serial=C73467369250AE75\n"), done.stderr


def test_install_overwrites_nothing_of_others(tmp_path: Path) -> None:
    _fake(tmp_path / "bin", "#!/bin/sh\n")
    with pytest.raises(UsageError, match="openssl exists and is not a shim"):
        installing.install(tmp_path / "bin")
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["openssl"]
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="could not write"):
        installing.install(tmp_path / "file" / "bin")


def test_a_fingerprint_imports_nothing_heavy() -> None:
    code = (
        "import sys; from truststore_tool.shims import openssl\n"
        f"openssl.run(['x509', '-noout', '-fingerprint', '-in', {str(ROOT)!r}])\n"
        "heavy = {'dataclasses', 'pathlib', 'subprocess', 'ssl', 'cryptography', 'typer', 'inspect'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    places = [str(Path(installing.__file__).parents[2])]
    done = subprocess.run([sys.executable, "-ISc", f"import sys; sys.path += {places!r}\n{code}"], capture_output=True)
    assert done.stdout.decode().splitlines()[1:] == ["[]"], done.stderr


def test_names_of_objects() -> None:
    known = name_of("2.5.4.3")
    assert known is not None
    assert (known.short, known.long) == ("CN", "commonName")
    assert long_name("1.3.6.1.5.5.7.3.1") == "TLS Web Server Authentication"
    assert long_name("1.2.3.4.5.6") == "1.2.3.4.5.6"
    assert find("serverAuth") == find("TLS Web Server Authentication") == "1.3.6.1.5.5.7.3.1"
    assert find("1.2.3") == "1.2.3"
    assert [find(text) for text in ("no such", "3.1", "1.40", "1", "1..2", "")] == [None] * 6


def test_trust_settings_encode_to_what_they_were_read_from() -> None:
    trust = openssl_certificate.Trust(("1.3.6.1.5.5.7.3.1",), ("1.2.3",), b"name", b"\1\2")
    # SEQUENCE { SEQUENCE { serverAuth }, [0] { 1.2.3 }, UTF8String, OCTET STRING }: OpenSSL's X509_CERT_AUX
    assert trust.encode().hex() == "301c300a06082b06010505070301a00406022a030c046e616d6504020102"
