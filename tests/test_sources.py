"""Where certificates come from, against real directories, stores and bundles."""

import os
import subprocess
import sys
from pathlib import Path

import certifi
import pytest

from tests import samples
from tests.realtools import find, run
from truststore_tool import sources
from truststore_tool.errors import FormatError, IntegrityError, UnreadableError
from truststore_tool.findings import Place, finding
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.sources import Gathered, gather
from truststore_tool.stores import save_store

RDS = samples.amazon("rds-ca-2019-root.pem")
G1 = samples.amazon("rds-ca-rsa2048-g1-us-east-1.pem")
BUNDLE = samples.amazon("rds-global-bundle.pem")
OLD, NEW = (samples.certificates(path)[0] for path in (RDS, G1))
PASSWORD = "changeit"


def no_stdin() -> bytes:
    raise AssertionError("standard input was read")


def messages(found: Gathered) -> tuple[str, ...]:
    return tuple(note.message for note in found.notes)


def one(name: str | Path, password: str | None = None) -> Gathered:
    (found,) = gather([str(name)], password, stdin=no_stdin)
    return found


class TestFiles:
    def test_each_certificate_in_order(self) -> None:
        expected = samples.certificates(BUNDLE)
        assert len(expected) > 100
        assert one(BUNDLE) == Gathered(str(BUNDLE), tuple(expected))

    def test_sources_keep_their_order_and_repetitions(self) -> None:
        found = gather([str(G1), str(RDS), str(G1)], stdin=no_stdin)
        assert [item.name for item in found] == [str(G1), str(RDS), str(G1)]
        assert [item.certificates for item in found] == [(NEW,), (OLD,), (NEW,)]

    def test_a_certificate_twice_in_a_file_is_given_twice(self, tmp_path: Path) -> None:
        (tmp_path / "twice.pem").write_bytes(RDS.read_bytes() * 2)
        assert one(tmp_path / "twice.pem").certificates == (OLD, OLD)

    def test_der(self, tmp_path: Path) -> None:
        (tmp_path / "root").write_bytes(OLD.der)
        assert one(tmp_path / "root").certificates == (OLD,)

    def test_a_store_and_the_note_that_it_was_not_checked(self, tmp_path: Path) -> None:
        store = TrustStore((TrustedEntry("old", OLD), TrustedEntry("new", NEW)))
        save_store(store, tmp_path / "store", PASSWORD, format="jks")
        assert one(tmp_path / "store", PASSWORD) == Gathered(str(tmp_path / "store"), (OLD, NEW))
        unchecked = one(tmp_path / "store")
        assert unchecked.certificates == (OLD, NEW)
        assert any("integrity was not checked" in note.message for note in unchecked.notes)
        with pytest.raises(IntegrityError) as caught:
            one(tmp_path / "store", "wrong-one")
        assert caught.value.message.startswith(f"{tmp_path / 'store'}: ")

    def test_keys_and_their_chains_are_left_out_and_counted(self, tmp_path: Path) -> None:
        keytool, store = find("keytool"), tmp_path / "server.jks"
        words = ["-keystore", str(store), "-storetype", "JKS", "-storepass", PASSWORD, "-noprompt"]
        names = ["-dname", "CN=server", "-keyalg", "EC"]
        run(keytool, "-genkeypair", "-alias", "key", *names, "-keypass", PASSWORD, *words)
        with pytest.raises(UnreadableError, match="holds no certificate") as caught:
            one(store, PASSWORD)
        assert "1 key entry with 1 certificate" in (caught.value.hint or "")
        run(keytool, "-importcert", "-alias", "root", "-file", RDS, *words)
        found = one(store, PASSWORD)
        assert found.certificates == (OLD,)
        assert messages(found) == ("left out: 1 key entry with 1 certificate in their chains",)

    @pytest.mark.parametrize("name", ["missing", "a-key.pem"])
    def test_what_gives_no_certificate_is_an_error(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "a-key.pem").write_bytes(samples.own("old-root.key").read_bytes())
        with pytest.raises(UnreadableError) as caught:
            one(tmp_path / name)
        assert str(tmp_path / name) in caught.value.message

    def test_a_damaged_file_is_an_error_that_names_it(self, tmp_path: Path) -> None:
        lines = RDS.read_text().splitlines()
        (tmp_path / "broken.pem").write_text("\n".join(lines[:-5]))
        with pytest.raises(FormatError) as caught:
            one(tmp_path / "broken.pem")
        assert caught.value.message.startswith(f"{tmp_path / 'broken.pem'}: ")


class TestStandardInput:
    def test_it_is_read_for_a_dash(self) -> None:
        found = gather([str(G1), "-"], stdin=RDS.read_bytes)
        assert [item.certificates for item in found] == [(NEW,), (OLD,)]
        assert found[1].name == "-"

    def test_nothing_or_something_else(self) -> None:
        for data in (b"", b"no certificate"):
            with pytest.raises(FormatError, match=r"^standard input: "):
                gather(["-"], stdin=lambda data=data: data)  # type: ignore[misc] # mypy does not infer the default


class TestDirectory:
    def test_every_file_in_the_order_of_the_names(self, tmp_path: Path) -> None:
        (tmp_path / "b.pem").write_bytes(RDS.read_bytes())
        (tmp_path / "a.crt").write_bytes(NEW.der)
        (tmp_path / "README").write_text("what these are")
        (tmp_path / "c.key").write_bytes(samples.own("old-root.key").read_bytes())
        (tmp_path / "inner").mkdir()
        (tmp_path / "inner" / "more.pem").write_bytes(G1.read_bytes())
        assert one(tmp_path) == Gathered(
            str(tmp_path),
            (NEW, OLD),
            tuple(
                finding("passed-over", Place(str(tmp_path)), text)
                for text in ("no certificate in 2 files: README, c.key", "not entered: 1 directory in it")
            ),
        )

    def test_hash_links_count_once(self, tmp_path: Path) -> None:
        (tmp_path / "rds.pem").write_bytes(RDS.read_bytes())
        (tmp_path / "g1.pem").write_bytes(G1.read_bytes())
        run(find("openssl"), "rehash", tmp_path)
        assert len(list(tmp_path.iterdir())) == 4
        found = one(tmp_path)
        assert sorted(c.der for c in found.certificates) == sorted([OLD.der, NEW.der])
        assert messages(found) == ("passed over: 2 files with the bytes of another, as hash links are",)

    def test_the_counts_add_up(self, tmp_path: Path) -> None:
        for number in range(5):
            (tmp_path / f"note-{number}.txt").write_text(f"note {number}")
        (tmp_path / "bundle.pem").write_bytes(BUNDLE.read_bytes())
        found = one(tmp_path)
        assert len(found.certificates) == BUNDLE.read_text().count("BEGIN CERTIFICATE")
        assert messages(found) == ("no certificate in 5 files: note-0.txt, note-1.txt, note-2.txt, ...",)

    @pytest.mark.parametrize("name", ["cut.der", "cut.pem", "empty.crt", "page.cer"])
    def test_a_damaged_certificate_is_an_error(self, tmp_path: Path, name: str) -> None:
        content = {
            "cut.der": OLD.der[:-10],
            "cut.pem": RDS.read_bytes()[:-100],
            "empty.crt": b"",
            "page.cer": b"<html>404 Not Found</html>",
        }
        (tmp_path / "good.pem").write_bytes(G1.read_bytes())
        (tmp_path / name).write_bytes(content[name])
        with pytest.raises(FormatError) as caught:
            one(tmp_path)
        assert str(tmp_path / name) in caught.value.message

    def test_a_key_in_der_is_no_damage(self, tmp_path: Path) -> None:
        run(
            find("openssl"), "pkey", "-in", samples.own("old-root.key"), "-outform", "DER", "-out", tmp_path / "key.der"
        )
        (tmp_path / "root.pem").write_bytes(RDS.read_bytes())
        found = one(tmp_path)
        assert found.certificates == (OLD,)
        assert messages(found) == ("no certificate in 1 file: key.der",)

    def test_an_empty_one(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableError, match="holds no certificate"):
            one(tmp_path)


class TestWords:
    def test_certifi_is_its_bundle(self) -> None:
        found = one("certifi")
        assert found.name == "certifi"
        assert list(found.certificates) == samples.certificates(Path(certifi.where()))

    def test_a_path_is_written_with_a_slash(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("certifi").write_bytes(RDS.read_bytes())
        Path("system").write_bytes(RDS.read_bytes())
        assert one("./certifi").certificates == (OLD,)
        assert one("./system").certificates == (OLD,)
        assert len(one("certifi").certificates) > 100

    def test_the_system_is_what_the_variable_names(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(G1))
        assert one("system") == Gathered("system", (NEW,), (finding("read-from", Place("system"), f"read from {G1}"),))

    def test_a_variable_that_names_nothing_is_not_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", "/no/such/bundle.pem")
        with pytest.raises(UnreadableError, match=r"/no/such/bundle\.pem"):
            one("system")

    def test_the_system_bundle(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        bundle = tmp_path / "ca-certificates.crt"
        bundle.write_bytes(RDS.read_bytes() + G1.read_bytes())
        monkeypatch.setattr(sources, "_BUNDLES", ("/no/such/bundle.pem", str(bundle)))
        # OpenSSL's own answer, and not that of this machine, for the places that are built into it.
        monkeypatch.setattr("ssl.get_default_verify_paths", lambda: defaults("/no/cert.pem", "/no/certs"))
        assert one("system") == Gathered(
            "system", (OLD, NEW), (finding("read-from", Place("system"), f"read from {bundle}"),)
        )

    def test_the_places_of_openssl(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.setattr(sources, "_BUNDLES", ("/no/such/bundle.pem",))
        certs = tmp_path / "certs"
        certs.mkdir()
        monkeypatch.setattr("ssl.get_default_verify_paths", lambda: defaults("/no/cert.pem", str(certs)))
        with pytest.raises(UnreadableError) as caught:
            one("system")
        for place in ("/no/cert.pem", "/no/such/bundle.pem", str(certs)):
            assert place in caught.value.message
        assert "ca-certificates" in (caught.value.hint or "")
        (certs / "root.pem").write_bytes(G1.read_bytes())
        assert one("system").certificates == (NEW,)
        monkeypatch.setattr("ssl.get_default_verify_paths", lambda: defaults(str(RDS), str(certs)))
        assert one("system").certificates == (OLD,)

    def test_a_file_costs_neither_certifi_nor_ssl(self) -> None:
        code = """
import sys
before = set(sys.modules)
from truststore_tool.sources import gather
gather([sys.argv[1]], stdin=bytes)
print(sorted({"certifi", "ssl", "cryptography", "asyncio"} & (set(sys.modules) - before)))
"""
        done = subprocess.run([sys.executable, "-c", code, RDS], capture_output=True, check=True, timeout=300)
        assert done.stdout == b"[]\n"


def defaults(cafile: str, capath: str) -> object:
    import ssl

    return ssl.DefaultVerifyPaths(cafile, capath, "SSL_CERT_FILE", cafile, "SSL_CERT_DIR", capath)


def test_names_that_no_system_has(tmp_path: Path) -> None:
    for name in ("nul\0", "n" * 5000, "", os.fspath(tmp_path / "missing")):
        with pytest.raises(UnreadableError, match="could not read"):
            gather([name], stdin=no_stdin)


def test_certificates_are_what_the_file_holds() -> None:
    assert all(isinstance(certificate, Certificate) for certificate in one(RDS).certificates)
    told = run(find("openssl"), "x509", "-in", RDS, "-noout", "-fingerprint", "-sha256").decode()
    assert samples.RDS_2019_SHA256 in told
    assert str(one(RDS).certificates[0].sha256).replace(":", "").upper() == samples.RDS_2019_SHA256.replace(":", "")


def test_a_mount_of_kubernetes_is_its_files_and_nothing_more(tmp_path: Path) -> None:
    """As kubelet's AtomicWriter lays it out: a link for each file, through one that is exchanged for all of them."""
    dated = tmp_path / "..2026_01_01_00_00_00.1"
    dated.mkdir()
    (dated / "ca.crt").write_bytes(samples.own("old-root.pem").read_bytes())
    (tmp_path / "..data").symlink_to(dated.name)
    (tmp_path / "ca.crt").symlink_to("..data/ca.crt")
    (found,) = gather([str(tmp_path)], stdin=bytes)
    assert (len(found.certificates), found.notes, found.left_out) == (1, (), ())


def test_bytes_that_are_given_for_a_name(tmp_path: Path) -> None:
    name = str(tmp_path / "not there")
    one, file = gather([name, str(G1)], stdin=no_stdin, given={name: RDS.read_bytes()})
    assert (one.name, one.certificates, file.certificates) == (name, (OLD,), (NEW,))
    with pytest.raises(FormatError, match=r"^inline: "):
        gather(["inline"], stdin=no_stdin, given={"inline": b"no certificate"})
