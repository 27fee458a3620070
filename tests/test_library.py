"""The methods for Python developers, and the page about them, whose examples are run."""

import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from types import NoneType
from typing import Any

import pytest

from tests import samples
from tests.postgres.authority import issue, write_pem
from tests.realtools import Jdk, Request
from tests.samples import SAMPLES
from truststore_tool import (
    Certificate,
    FindingError,
    Fingerprint,
    FormatError,
    IntegrityError,
    OpaqueEntry,
    PasswordRequiredError,
    TrustedEntry,
    TrustStore,
    UnreadableError,
    UsageError,
    WriteError,
    save_store,
    update_store,
)

PAGE = SAMPLES.parent / "docs" / "library.md"
OLD_PEM = samples.amazon("rds-ca-2019-root.pem")
NEW_PEM = samples.amazon("rds-ca-rsa2048-g1-us-east-1.pem")
OLD = "D4:0D:DB:29:E3:75:0D:FF:A6:71:C3:14:0B:BF:5F:47:8D:1C:80:96"


def old() -> Certificate:
    return Certificate.from_pem(OLD_PEM.read_text())


def new() -> Certificate:
    return Certificate.from_pem(NEW_PEM.read_bytes())


def examples() -> str:
    """All examples of the page as one program."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 4
    return "".join(blocks)


def test_the_examples_of_the_page_do_what_it_says(tmp_path: Path, jdks: list[Jdk]) -> None:
    (tmp_path / "sample_certs").symlink_to(SAMPLES)
    (tmp_path / "page.py").write_text(examples())
    done = subprocess.run([sys.executable, "page.py"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    first, *_ = done.stdout.splitlines()
    assert first in examples()
    assert "wrong" in done.stdout.splitlines()[-1]
    # 120 roots and the old one, less the 29 that have expired, as openssl counts them; a JVM trusts the rest.
    whole = [*samples.certificates(samples.amazon("rds-global-bundle.pem")), old()]
    valid = {c.fingerprint().digest.hex() for c in whole if c.not_after > datetime.now(UTC)}
    jks, p12 = tmp_path / "clientkeystore.jks", tmp_path / "clientkeystore.p12"
    for jdk in jdks:
        for view in jdk.read(Request("JKS", jks, "changeit"), Request("PKCS12", p12, "changeit")):
            assert (view.error, set(view.trusted)) == (None, valid)
    for name in ("chain", "roots.pem"):
        context = ssl.create_default_context(cafile=tmp_path / name)
        assert {sha256(der).hexdigest() for der in context.get_ca_certs(binary_form=True)} == valid
    assert (tmp_path / "clientkeystore.jks.bak").exists()


def test_the_examples_are_typed(tmp_path: Path) -> None:
    page = tmp_path / "page.py"
    page.write_text(examples())
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", f"{tmp_path}/cache", str(page)]
    done = subprocess.run(words, cwd=SAMPLES.parent, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_certificate_goes_through_pem_as_openssl_writes_it() -> None:
    text = subprocess.run(["openssl", "x509", "-in", OLD_PEM], check=True, capture_output=True, text=True).stdout
    assert old().to_pem() == text
    assert Certificate.from_pem(text) == old()
    assert str(old().fingerprint("sha1")) == OLD


@pytest.mark.parametrize("text", ["", "no certificate", OLD_PEM.read_text() + NEW_PEM.read_text(), "-----BEGIN"])
def test_one_certificate_is_one(text: str) -> None:
    with pytest.raises(FormatError):
        Certificate.from_pem(text)


def test_several_pem_files_become_one_keystore(tmp_path: Path, jdk: Jdk) -> None:
    """Entries of PEM files have no alias; the keystore gives each one."""
    joined = TrustStore(TrustStore.open(OLD_PEM).entries + TrustStore.open(NEW_PEM).entries)
    joined.save(tmp_path / "store.jks", "changeit")
    [view] = jdk.read(Request("JKS", tmp_path / "store.jks", "changeit"))
    assert set(view.trusted) == {c.fingerprint().digest.hex() for c in (old(), new())}
    assert len({entry.alias for entry in view.entries}) == 2


@pytest.mark.parametrize("name", ["s.jks", "s.jceks", "s.p12", "s.pem", "s.der", "s.p7b", "hashed/"])
def test_the_ending_of_the_path_is_the_format(tmp_path: Path, name: str) -> None:
    store = TrustStore().add(old())
    path = f"{tmp_path}/{name}"
    store.save(path, "changeit")
    again = TrustStore.open(path, "changeit")
    assert [entry.certificate for entry in again.trusted()] == [old()]
    assert store == TrustStore(store.entries)  # it is as it was


def test_a_store_with_a_key_is_not_saved_without_it(tmp_path: Path) -> None:
    key = OpaqueEntry("server", "private-key", "jks", b"sealed", (old(),))
    for name, error in (("store.p7b", FormatError), ("store.pem", PasswordRequiredError)):
        with pytest.raises(error, match="server"):
            TrustStore((key,)).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_keys_of_a_pem_come_along_or_it_is_said(tmp_path: Path, jdks: list[Jdk]) -> None:
    chain = samples.own("new-chain.pem")
    both = tmp_path / "both.pem"
    both.write_bytes(samples.own("new-server.key").read_bytes() + chain.read_bytes())
    beside = TrustStore.open(chain).with_keys(samples.own("new-server.key"))
    for name, store in (("one.p12", TrustStore.open(both)), ("two.jks", beside), ("three.pem", beside)):
        store.save(tmp_path / name, "changeit")
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    leaf, intermediate = (c.fingerprint().digest.hex() for c in samples.certificates(chain))
    for jdk in jdks:
        requests = [
            Request("PKCS12", tmp_path / "one.p12", "changeit"),
            Request("JKS", tmp_path / "two.jks", "changeit"),
        ]
        for view in jdk.read(*requests):
            assert [(e.kind, e.certificates) for e in view.entries] == [("private-key", (leaf, intermediate))]
    assert len(TrustStore.open(tmp_path / "three.pem").with_keys().entries) == 1
    with pytest.raises(FormatError, match="private key"):
        TrustStore.open(both).save(tmp_path / "four.p7b")
    with pytest.raises(FindingError, match="without a certificate of that key"):
        TrustStore.open(OLD_PEM).with_keys(samples.own("new-server.key"))
    with pytest.raises(FormatError, match="holds no private key"):
        TrustStore.open(OLD_PEM).with_keys(OLD_PEM)


def test_a_key_under_its_own_password_is_opened_with_that(tmp_path: Path, jdk: Jdk) -> None:
    sealed = tmp_path / "sealed.key"
    words = ("openssl", "pkey", "-in", samples.own("new-server.key"), "-aes256", "-passout", "pass:own-secret")
    subprocess.run([*words, "-out", sealed], check=True)
    store = TrustStore.open(samples.own("new-chain.pem"))
    for password, error in ((None, PasswordRequiredError), ("wrong", IntegrityError)):
        with pytest.raises(error):
            store.with_keys(sealed, password=password)
    store.with_keys(sealed, password="own-secret").save(tmp_path / "x.p12", "changeit")
    (view,) = jdk.read(Request("PKCS12", tmp_path / "x.p12", "changeit", ("changeit",)))
    assert [entry.kind for entry in view.entries] == ["private-key"]
    assert view.entries[0].key


def test_adding_gives_a_new_store_with_dates_and_aliases() -> None:
    empty = TrustStore()
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    store = empty.add(old(), created=moment).add([old(), new()], alias="rds-root")
    assert empty.entries == ()
    first, second = store.trusted()
    assert (first.alias, first.created, first.certificate) == ("rds-root", moment, old())
    assert second.alias == f"rds-root-{new().sha256.hex[:8]}"  # the alias is taken, and nothing is overwritten
    assert TrustStore(format="pem").add(old()).entries == (TrustedEntry("", old(), second.created),)
    with pytest.raises(UsageError, match="time zone"):
        empty.add(old(), created=datetime(2026, 1, 2))


def test_an_entry_is_found_by_whatever_names_it() -> None:
    store = TrustStore().add(old(), "Old").add(new(), "new")
    entry = store.entries[0]
    for what in (old(), old().sha256, Fingerprint.parse(OLD), OLD, f"SHA1: {OLD.lower()}", "Old", "OLD"):
        assert store.find(what) == entry
    for what in ("nobody", "", "00" * 20):
        assert store.find(what) is None
    assert store.remove("OLD").entries == store.entries[1:]
    with pytest.raises(FindingError, match="nobody"):
        store.remove("nobody")


def test_what_has_expired_at_a_moment() -> None:
    store = TrustStore().add([old(), new()])
    end = datetime(2024, 8, 22, 17, 8, 50, tzinfo=UTC)  # openssl x509 -enddate
    assert store.expired(end) == ()
    assert [entry.certificate for entry in store.expired(end.replace(second=51))] == [old()]
    assert [entry.certificate for entry in store.expired()] == [old()]


def test_reprs_say_what_it_is() -> None:
    assert "CN=Amazon RDS Root 2019 CA" in repr(old())
    assert "2024-08-22" in repr(old())
    assert str(old().sha256)[:23] in repr(old())
    assert "cannot be read" in repr(Certificate(b"nonsense"))
    assert repr(TrustStore().add(old())) == "<TrustStore jks, integrity absent: 1 trusted, 0 other entries>"


def test_a_tls_client_trusts_what_the_store_trusts(tmp_path: Path) -> None:
    root, other = issue("Root"), issue("Other root")
    leaf = issue("localhost", root, ca=False, names=["localhost"])
    write_pem(tmp_path / "root.pem", root)
    write_pem(tmp_path / "other.pem", other)
    TrustStore.open(tmp_path / "root.pem").save(tmp_path / "root.jks", "changeit")
    TrustStore.open(tmp_path / "other.pem").save(tmp_path / "other.p12", "changeit")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*leaf.write(tmp_path))
    for name, verified in (("root.jks", True), ("other.p12", False)):
        context = TrustStore.open(tmp_path / name, "changeit").ssl_context()
        assert _shakes_hands(context, server) is verified


def _shakes_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> bool:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                server.wrap_socket(connection, server_side=True).close()
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with socket.create_connection(listener.getsockname(), timeout=120) as plain:
                client.wrap_socket(plain, server_hostname="localhost").close()
        except ssl.SSLCertVerificationError:
            return False
        finally:
            thread.join()
    return True


def test_a_store_that_trusts_nothing_gives_no_context() -> None:
    with pytest.raises(FindingError, match="trusts nothing"):
        TrustStore().ssl_context()


def test_a_certificate_that_openssl_refuses_is_an_error() -> None:
    with pytest.raises(FormatError, match="OpenSSL"):
        TrustStore().add(Certificate(b"\x30\x03\x02\x01\x05")).ssl_context()


def updated(**given: Any) -> object:
    """What update_store makes of arguments beside those that are right."""
    arguments = {"path": "store.jks", "password": "changeit", "change": lambda store: (store.add(new()), None)}
    return update_store(**{**arguments, **given})


def saved(entry: Any) -> None:
    TrustStore((entry,)).save("new.jks", "changeit")


# Each takes a value of any type, and must refuse it unless it is of one of these types.
GIVEN: dict[str, tuple[Callable[[Any], object], tuple[type, ...]]] = {
    "Certificate": (Certificate, (bytes,)),
    "Certificate.from_pem": (Certificate.from_pem, (str, bytes)),
    "Certificate.load": (Certificate.load, (str,)),
    "the password of Certificate.load": (lambda given: Certificate.load(OLD_PEM, given), (str, NoneType)),
    "is_signed_by": (lambda given: old().is_signed_by(given), ()),
    "fingerprint": (lambda given: old().fingerprint(given), (str,)),
    "Fingerprint.of": (Fingerprint.of, (bytes,)),
    "Fingerprint.parse": (Fingerprint.parse, (str,)),
    "matches": (lambda given: old().sha256.matches(given), (bytes,)),
    "open": (TrustStore.open, (str, bytes)),
    "the password of open": (lambda given: TrustStore.open("store.jks", given), (str, NoneType)),
    "the format of open": (lambda given: TrustStore.open("store.jks", "changeit", given), (str, NoneType)),
    "add": (lambda given: TrustStore().add(given), ()),
    "add of several": (lambda given: TrustStore().add([given]), ()),
    "the alias of add": (lambda given: TrustStore().add(old(), given), (str, NoneType)),
    "the date of add": (lambda given: TrustStore().add(old(), None, given), (NoneType,)),
    "remove": (lambda given: TrustStore.open("store.jks").remove(given), (str,)),
    "find": (lambda given: TrustStore.open("store.jks").find(given), (str,)),
    "expired": (lambda given: TrustStore.open("store.jks").expired(given), (NoneType,)),
    "with_keys": (lambda given: TrustStore.open(OLD_PEM).with_keys(given), (str,)),
    "the password of with_keys": (lambda given: TrustStore.open(OLD_PEM).with_keys(password=given), (str, NoneType)),
    "save": (lambda given: TrustStore().save(given, "changeit"), (str,)),
    "the password of save": (lambda given: TrustStore().save("new.jks", given), (str, NoneType)),
    "the password of save as PEM": (lambda given: TrustStore().save("new.pem", given), (str, NoneType)),
    "the format of save": (lambda given: TrustStore().save("new", "changeit", given), (str, NoneType)),
    "the profile of save": (lambda given: TrustStore().save("new.p12", "changeit", profile=given), (str, NoneType)),
    "a certificate of an entry": (lambda given: saved(TrustedEntry("a", given)), ()),
    "the alias of an entry": (lambda given: saved(TrustedEntry(given, old())), (str,)),
    "the date of an entry": (lambda given: saved(TrustedEntry("a", old(), given)), (NoneType,)),
    "an entry": (saved, ()),
    "entries": (lambda given: TrustStore(given).save("new.jks", "changeit"), ()),
    "the format of a store": (lambda given: TrustStore((), given).save("new", "changeit"), (str,)),
    "save_store": (lambda given: save_store(given, "new.jks", "changeit"), ()),
    "the sources of save_store": (
        lambda given: save_store(TrustStore(), "new.jks", "changeit", sources=given),
        (list,),
    ),
    "update_store": (lambda given: updated(path=given), (str,)),
    "the password of update_store": (lambda given: updated(password=given), (str, NoneType)),
    "the new password of update_store": (lambda given: updated(new_password=given), (str, NoneType)),
    "change": (lambda given: updated(change=given), ()),
    "what change returns": (lambda given: updated(change=lambda _: given), ()),
    "the store that change returns": (lambda given: updated(change=lambda _: (given, None)), ()),
    "the format of update_store": (lambda given: updated(path="new.jks", create=given), (str, NoneType)),
    "the readers of update_store": (lambda given: updated(readers=given), (NoneType, list)),
}
ODD = (None, 5, True, 1.5, b"changeit", bytearray(b"changeit"), "changeit", ["a"], object(), date(2020, 1, 1))


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_of_another_type_is_refused_by_its_type(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    TrustStore().add(old(), "old").save("store.jks", "changeit")
    call, right = GIVEN[name]
    for value in ODD:
        if isinstance(value, right):
            continue
        with pytest.raises(TypeError) as info:
            call(value)
        assert re.search(r"must (be|return) |is not callable", str(info.value)), (name, value)
        assert "changeit" not in str(info.value)  # it may be a password
    assert [path.name for path in tmp_path.iterdir()] == ["store.jks"]
    assert len(TrustStore.open("store.jks", "changeit").entries) == 1


def test_dates_without_a_time_zone_are_refused(tmp_path: Path) -> None:
    for call in (
        lambda: TrustStore().add(old(), "a", datetime(2020, 1, 1)),
        lambda: TrustStore().add(old()).expired(datetime(2020, 1, 1)),
        lambda: TrustStore((TrustedEntry("a", old(), datetime(2020, 1, 1)),)).save(tmp_path / "a.jks", "changeit"),
    ):
        with pytest.raises(UsageError, match="time zone"):
            call()
    assert not any(tmp_path.iterdir())


def test_a_directory_or_what_is_no_certificate_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for call in (TrustStore.open, Certificate.load, TrustStore().save):
        with pytest.raises(UsageError, match="no CApath"):
            call(tmp_path / "folder")
    with pytest.raises(UnreadableError, match="Is a directory"):
        TrustStore().with_keys(tmp_path / "folder")
    junk = Certificate(b"no certificate")
    for name in ("a.jks", "a.p12", "a.pem", "a.der", "a.p7b"):
        with pytest.raises((WriteError, FormatError)):
            TrustStore().add(junk, "a").save(tmp_path / name, "changeit")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
