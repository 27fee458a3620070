"""Opening, saving and updating stores by path."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import samples
from tests.realtools import find, run
from truststore_tool import files, formats, proofs
from truststore_tool.errors import (
    FormatError,
    IntegrityError,
    PasswordRequiredError,
    UnreadableError,
    UsageError,
    WriteError,
)
from truststore_tool.formats.base import Format
from truststore_tool.model import Certificate, TrustedEntry, TrustStore
from truststore_tool.nouns import replace
from truststore_tool.stores import new_format, open_store, save_store, update_content, update_store

PASSWORD = "changeit"
OLD, NEW = (
    samples.certificates(samples.amazon(name))[0]
    for name in ("rds-ca-2019-root.pem", "rds-ca-rsa2048-g1-us-east-1.pem")
)
CREATED = datetime(2024, 8, 22, 17, 8, 50, tzinfo=UTC)
BEFORE = TrustStore((TrustedEntry("old", OLD, CREATED),))
WRITABLE = ["jks", "jceks", "pkcs12", "pem", "der", "pkcs7", "capath"]


def add(store: TrustStore) -> tuple[TrustStore, str]:
    return store.with_entries((*store.entries, TrustedEntry("new", NEW, CREATED))), "added"


def keep(store: TrustStore) -> tuple[TrustStore, str]:
    return store, "kept"


def trusted(store: TrustStore) -> list[Certificate]:
    return [entry.certificate for entry in store.trusted()]


def snapshot(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Content, inode and time of change of every file."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(p): (p.read_bytes(), p.stat().st_ino, p.stat().st_mtime_ns) for p in found}


@pytest.fixture
def jks(tmp_path: Path) -> Path:
    path = tmp_path / "clientkeystore"
    save_store(BEFORE, path, PASSWORD)
    return path


class TestOpen:
    def test_bytes_and_path_give_the_same(self, jks: Path) -> None:
        by_path, by_bytes = open_store(jks, PASSWORD), open_store(jks.read_bytes(), PASSWORD)
        assert by_path == by_bytes == open_store(str(jks), PASSWORD)
        assert (by_path.format, by_path.integrity, trusted(by_path)) == ("jks", "verified", [OLD])

    def test_what_the_content_says_counts_not_the_suffix(self, tmp_path: Path) -> None:
        path = tmp_path / "lies.jks"
        path.write_bytes(samples.amazon("rds-ca-2019-root.pem").read_bytes())
        assert open_store(path).format == "pem"

    def test_a_format_that_is_named_counts_in_any_case(self, tmp_path: Path) -> None:
        path = tmp_path / "root"
        path.write_bytes(OLD.der)
        assert trusted(open_store(path, format="DER")) == [OLD]
        with pytest.raises(FormatError) as caught:
            open_store(path, format="jks")
        assert str(path) in caught.value.message

    def test_openssl_finds_what_a_capath_holds_and_so_do_we(self, tmp_path: Path) -> None:
        save_store(replace(BEFORE, entries=add(BEFORE)[0].entries), tmp_path / "certs", format="capath")
        store = open_store(tmp_path / "certs")
        assert store.format == "capath"
        assert set(trusted(store)) == {OLD, NEW}
        for name in ("rds-ca-2019-root.pem", "rds-ca-rsa2048-g1-us-east-1.pem"):
            told = run(find("openssl"), "verify", "-no_check_time", "-CApath", tmp_path / "certs", samples.amazon(name))
            assert told.endswith(b": OK\n")

    def test_a_directory_is_no_file_format(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="directory"):
            open_store(tmp_path, format="jks")

    @pytest.mark.parametrize("content", [b"", b"\0garbage", b"\xfe\xed\xfe\xed\0\0"])
    def test_malformed_content_is_named_by_its_path(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "broken"
        path.write_bytes(content)
        with pytest.raises(FormatError) as caught:
            open_store(path, PASSWORD)
        assert caught.value.message.startswith(f"{path}: ")
        assert caught.value.message.count(str(path)) == 1

    def test_an_empty_file_is_an_error_in_every_format(self, tmp_path: Path) -> None:
        path = tmp_path / "empty"
        path.touch()
        for name in ("jks", "jceks", "pem", "der", "pkcs7"):
            with pytest.raises(FormatError, match="empty"):
                open_store(path, PASSWORD, name)

    def test_a_wrong_password_names_the_path_and_not_the_password(self, jks: Path) -> None:
        with pytest.raises(IntegrityError) as caught:
            open_store(jks, "not-the-password")
        assert caught.value.message.startswith(f"{jks}: ")
        assert "not-the-password" not in f"{caught.value} {caught.value.hint}"

    def test_an_unknown_format(self, jks: Path) -> None:
        with pytest.raises(UsageError, match="unknown format 'zip'"):
            open_store(jks, PASSWORD, "zip")


class TestSave:
    @pytest.mark.parametrize("name", WRITABLE)
    def test_every_format_is_read_back(self, tmp_path: Path, name: str) -> None:
        meant = add(BEFORE)[0]
        save_store(meant, tmp_path / "store", PASSWORD, format=name.upper())
        store = open_store(tmp_path / "store", PASSWORD)
        assert store.format == name
        assert set(trusted(store)) == {OLD, NEW}
        if formats.get(name).has_aliases:
            assert [entry.alias for entry in store.entries] == ["old", "new"]
        if name in {"jks", "jceks"}:
            assert [entry.created for entry in store.entries] == [CREATED, CREATED]

    def test_keytool_lists_what_was_saved(self, jks: Path) -> None:
        told = run(find("keytool"), "-list", "-keystore", jks, "-storepass", PASSWORD).decode()
        assert samples.RDS_2019_SHA256 in told

    @pytest.mark.parametrize("password", ["", "12345"])
    def test_what_java_would_refuse_as_a_new_password(self, tmp_path: Path, password: str) -> None:
        with pytest.raises(UsageError, match="at least 6") as caught:
            save_store(BEFORE, tmp_path / "store", password)
        assert caught.value.hint
        assert list(tmp_path.iterdir()) == []

    def test_a_short_password_of_a_store_that_is_there_goes_on(self, jks: Path) -> None:
        save_store(add(BEFORE)[0], jks, "abc")
        assert trusted(open_store(jks, "abc")) == [OLD, NEW]

    def test_a_format_without_password_asks_for_none(self, tmp_path: Path) -> None:
        save_store(BEFORE, tmp_path / "a.pem", format="pem")
        assert trusted(open_store(tmp_path / "a.pem")) == [OLD]

    def test_without_a_password_where_one_is_needed(self, tmp_path: Path) -> None:
        with pytest.raises(PasswordRequiredError):
            save_store(BEFORE, tmp_path / "store")
        assert list(tmp_path.iterdir()) == []

    def test_the_backup_is_what_was_there(self, jks: Path) -> None:
        before = jks.read_bytes()
        save_store(add(BEFORE)[0], jks, PASSWORD, backup=True)
        assert jks.with_name("clientkeystore.bak").read_bytes() == before

    def test_a_directory_is_copied_first(self, tmp_path: Path) -> None:
        save_store(BEFORE, tmp_path / "certs", format="capath", backup=True)
        update_store(tmp_path / "certs", None, add, backup=True)
        assert [len(open_store(tmp_path / name).entries) for name in ("certs", "certs.bak")] == [2, 1]

    def test_a_certificate_twice_is_once_in_a_capath_and_twice_in_a_bundle(self, tmp_path: Path) -> None:
        twice = replace(BEFORE, entries=(TrustedEntry("a", OLD), TrustedEntry("b", OLD)))
        save_store(twice, tmp_path / "certs", format="capath")
        save_store(twice, tmp_path / "bundle", format="pem")
        assert trusted(open_store(tmp_path / "certs")) == [OLD]
        assert trusted(open_store(tmp_path / "bundle")) == [OLD, OLD]


class TestProof:
    """A codec that errs must not reach the disk."""

    @pytest.mark.parametrize("error", ["loses an entry", "renames an entry", "changes a certificate", "writes garbage"])
    def test_a_codec_that_errs(self, jks: Path, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
        codec = formats.get("jks")
        assert codec.dumps
        dumps = codec.dumps

        def wrong(store: TrustStore, password: str | None) -> bytes:
            first, *rest = store.entries
            assert isinstance(first, TrustedEntry)
            match error:
                case "loses an entry":
                    return bytes(dumps(store.with_entries(tuple(rest)), password))
                case "renames an entry":
                    return bytes(dumps(store.with_entries((replace(first, alias="other"), *rest)), password))
                case "changes a certificate":
                    return bytes(dumps(store.with_entries((replace(first, certificate=NEW), *rest)), password))
                case _:
                    return bytes(dumps(store, password)[:-1])

        broken: Format = replace(codec, dumps=wrong)
        monkeypatch.setattr(formats, "get", lambda _: broken)
        before = snapshot(jks.parent)
        with pytest.raises(WriteError, match="could not write"):
            save_store(BEFORE, jks, PASSWORD, backup=True)
        assert snapshot(jks.parent) == before

    def test_the_order_of_entries_is_free(self) -> None:
        codec = formats.get("jks")
        both = add(BEFORE)[0]
        turned = both.with_entries(both.entries[::-1])
        proofs._prove(proofs._outline(both, codec), proofs._outline(turned, codec), Path("store"))


class TestUpdate:
    @pytest.mark.parametrize("name", WRITABLE)
    def test_a_change_is_saved_and_read_back(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "store"
        save_store(BEFORE, path, PASSWORD, format=name)
        store, report = update_store(path, PASSWORD, add)
        assert report == "added"
        assert set(trusted(store)) == {OLD, NEW}
        assert store == open_store(path, PASSWORD)
        assert store.format == name
        assert [path.name for path in tmp_path.iterdir()] == ["store"]

    @pytest.mark.parametrize("name", WRITABLE)
    def test_no_change_touches_nothing(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "store"
        save_store(BEFORE, path, PASSWORD, format=name)
        before = snapshot(tmp_path)
        _, report = update_store(path, PASSWORD, keep, backup=True)
        assert report == "kept"
        assert snapshot(tmp_path) == before

    def test_a_dry_run_says_what_would_be_and_touches_nothing(self, jks: Path) -> None:
        before = snapshot(jks.parent)
        store, report = update_store(jks, PASSWORD, add, dry_run=True, backup=True)
        assert (trusted(store), report) == ([OLD, NEW], "added")
        assert snapshot(jks.parent) == before
        store, _ = update_store(jks.with_name("missing"), PASSWORD, add, create="jks", dry_run=True)
        assert trusted(store) == [NEW]
        assert snapshot(jks.parent) == before

    def test_a_missing_store_begins_empty_if_so_told(self, tmp_path: Path) -> None:
        store, _ = update_store(tmp_path / "new.jceks", PASSWORD, add, create="jceks")
        assert (store.format, trusted(store)) == ("jceks", [NEW])
        with pytest.raises(UnreadableError, match="No such file") as caught:
            update_store(tmp_path / "missing" / "store", PASSWORD, add)
        assert caught.value.hint
        with pytest.raises(WriteError, match="No such file"):
            update_store(tmp_path / "missing" / "store", PASSWORD, add, create="jks")

    def test_a_new_store_that_nothing_is_put_into_is_not_made(self, tmp_path: Path) -> None:
        update_store(tmp_path / "store", PASSWORD, keep, create="jks")
        assert list(tmp_path.iterdir()) == []

    def test_a_new_store_needs_a_password_that_java_takes(self, tmp_path: Path) -> None:
        for password in ("", "12345"):
            with pytest.raises(UsageError, match="at least 6"):
                update_store(tmp_path / "store", password, add, create="jks")
        with pytest.raises(PasswordRequiredError):
            update_store(tmp_path / "store", None, add, create="jks")
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_file_is_no_new_store(self, tmp_path: Path) -> None:
        path = tmp_path / "store"
        path.touch()
        with pytest.raises(FormatError, match="empty"):
            update_store(path, PASSWORD, add, create="jks")
        assert path.read_bytes() == b""

    def test_what_is_there_keeps_its_format(self, jks: Path) -> None:
        store, _ = update_store(jks, PASSWORD, add, create="pem")
        assert store.format == "jks"

    def test_a_change_needs_the_password_and_a_look_does_not(self, jks: Path) -> None:
        before = snapshot(jks.parent)
        with pytest.raises(PasswordRequiredError, match="cannot be changed without its password") as caught:
            update_store(jks, None, add)
        assert str(jks) in caught.value.message
        assert update_store(jks, None, keep)[0].integrity == "unchecked"
        with pytest.raises(IntegrityError):
            update_store(jks, "wrong-one", add)
        assert snapshot(jks.parent) == before

    def test_a_new_password(self, jks: Path) -> None:
        with pytest.raises(UsageError, match="at least 6"):
            update_store(jks, PASSWORD, keep, new_password="short")
        with pytest.raises(IntegrityError):
            update_store(jks, "wrong-one", keep, new_password="the-new-one")
        store, _ = update_store(jks, PASSWORD, keep, new_password="the-new-one")
        assert (store.integrity, trusted(store)) == ("verified", [OLD])
        told = run(find("keytool"), "-list", "-keystore", jks, "-storepass", "the-new-one").decode()
        assert samples.RDS_2019_SHA256 in told
        with pytest.raises(IntegrityError):
            open_store(jks, PASSWORD)

    def test_a_format_without_password_gets_none(self, tmp_path: Path) -> None:
        save_store(BEFORE, tmp_path / "a.pem", format="pem")
        with pytest.raises(UsageError, match="no password to change"):
            update_store(tmp_path / "a.pem", None, keep, new_password="the-new-one")

    def test_what_the_change_raises_leaves_the_store(self, jks: Path) -> None:
        def fail(_: TrustStore) -> tuple[TrustStore, None]:
            raise LookupError("as it came")

        before = snapshot(jks.parent)
        with pytest.raises(LookupError, match="as it came"):
            update_store(jks, PASSWORD, fail)
        assert snapshot(jks.parent) == before

    def test_nobody_waits_for_a_lock_while_nothing_is_saved(self, jks: Path) -> None:
        seen = []

        def look(store: TrustStore) -> tuple[TrustStore, None]:
            seen.append(sorted(path.name for path in jks.parent.iterdir()))
            return add(store)[0], None

        update_store(jks, PASSWORD, look)
        assert seen == [["clientkeystore"]]
        with files.locked(jks):
            update_store(jks, PASSWORD, keep)

    def test_what_another_wrote_meanwhile_is_changed_again_under_the_lock(self, jks: Path) -> None:
        seen: list[list[str]] = []

        def change(store: TrustStore) -> tuple[TrustStore, int]:
            if not seen:  # another one is quicker
                save_store(store.with_entries((*store.entries, TrustedEntry("other", NEW))), jks, PASSWORD)
            seen.append([path.name for path in jks.parent.iterdir() if path.name.endswith(".lock")])
            return store.with_entries((*store.entries, TrustedEntry("ours", OLD))), len(store.entries)

        store, report = update_store(jks, PASSWORD, change)
        assert seen == [[], [".clientkeystore.lock"]]
        assert report == 2
        assert [entry.alias for entry in store.entries] == ["old", "other", "ours"]
        assert store == open_store(jks, PASSWORD)

    def test_what_another_did_meanwhile_may_leave_nothing_to_do(self, jks: Path) -> None:
        def change(store: TrustStore) -> tuple[TrustStore, None]:
            if any(entry.alias == "other" for entry in store.entries):
                return store, None
            more = store.with_entries((*store.entries, TrustedEntry("other", NEW)))
            save_store(more, jks, PASSWORD)
            return more, None

        update_store(jks, PASSWORD, change)
        assert [entry.alias for entry in open_store(jks, PASSWORD).entries] == ["old", "other"]
        assert [path.name for path in jks.parent.iterdir()] == ["clientkeystore"]

    def test_a_store_that_another_made_meanwhile_is_not_lost(self, tmp_path: Path) -> None:
        path = tmp_path / "new.jks"

        def change(store: TrustStore) -> tuple[TrustStore, None]:
            if not path.exists():
                save_store(BEFORE, path, PASSWORD)
            return add(store)[0], None

        update_store(path, PASSWORD, change, create="jks")
        assert trusted(open_store(path, PASSWORD)) == [OLD, NEW]

    def test_a_file_that_another_took_at_once_is_reported(self, jks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        replace_file = files.replace

        def replaced(path: Path, data: bytes, **options: Any) -> None:
            replace_file(path, data, **options)
            path.write_bytes(b"another")

        monkeypatch.setattr(files, "replace", replaced)
        with pytest.raises(WriteError, match="is written, but holds other bytes"):
            update_store(jks, PASSWORD, add)

    def test_writers_at_the_same_time_lose_no_entry(self, jks: Path) -> None:
        code = """
import sys
from truststore_tool.model import TrustedEntry
from truststore_tool.stores import update_store
for number in range(25):
    def add(store):
        certificate = store.entries[0].certificate
        return store.with_entries((*store.entries, TrustedEntry(f"{sys.argv[2]}-{number}", certificate))), None
    update_store(sys.argv[1], "changeit", add)
"""
        writers = [subprocess.Popen([sys.executable, "-c", code, str(jks), who]) for who in "ab"]
        assert [writer.wait(timeout=300) for writer in writers] == [0, 0]
        expected = {"old"} | {f"{who}-{number}" for who in "ab" for number in range(25)}
        assert {entry.alias for entry in open_store(jks, PASSWORD).entries} == expected
        told = run(find("keytool"), "-list", "-keystore", jks, "-storepass", PASSWORD).decode()
        assert "Your keystore contains 51 entries" in told
        assert [path.name for path in jks.parent.iterdir()] == ["clientkeystore"]

    def test_a_link_stays_a_link(self, jks: Path) -> None:
        link = jks.with_name("link")
        link.symlink_to(jks.name)
        update_store(link, PASSWORD, add)
        assert link.is_symlink()
        assert trusted(open_store(jks, PASSWORD)) == [OLD, NEW]


def test_an_empty_path_is_not_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="path of the store is empty"):
        open_store("")
    with pytest.raises(UsageError, match="path of the store is empty"):
        save_store(BEFORE, "", format="capath")
    with pytest.raises(UsageError, match="path of the store is empty"):
        update_store("", PASSWORD, add, create="jks")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nul\0", "n" * 300, "plain/store"])
def test_paths_that_no_system_has(tmp_path: Path, name: str) -> None:
    (tmp_path / "plain").touch()
    with pytest.raises(UnreadableError, match="could not read"):
        open_store(tmp_path / name)
    for dry_run in (False, True):
        with pytest.raises(WriteError, match="could not write"):
            update_store(tmp_path / name, PASSWORD, add, create="jks", dry_run=dry_run)
    with pytest.raises(WriteError, match="could not write"):
        save_store(BEFORE, tmp_path / name, PASSWORD)
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]


@pytest.mark.parametrize(
    ("path", "wanted", "expected"),
    [
        ("clientkeystore", None, "jks"),
        ("store.jks", None, "jks"),
        ("store.JCEKS", None, "jceks"),
        ("bundle.pem", None, "pem"),
        ("store.jks", "PEM", "pem"),
        ("certs", "CApath", "capath"),
    ],
)
def test_the_format_of_a_new_store(path: str, wanted: str | None, expected: str) -> None:
    assert new_format(path, wanted) == expected


def test_a_directory_that_is_there_is_a_capath(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no CApath: nothing in it has the name of a hash"):
        new_format(tmp_path)
    (tmp_path / "d2a6a44e.0").write_bytes(b"")
    assert new_format(tmp_path) == "capath"
    assert new_format(f"{tmp_path}/new/") == "capath"
    assert new_format(os.fspath(tmp_path), "jks") == "jks"


def test_a_new_store_of_no_known_format() -> None:
    with pytest.raises(UsageError, match="unknown format 'zip'"):
        new_format("store", "zip")


class TestContent:
    """A store that lies elsewhere: bytes in, bytes out."""

    @pytest.mark.parametrize("name", ["jks", "jceks", "pkcs12", "pem"])
    def test_what_a_file_would_hold(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / f"store.{name}"
        save_store(BEFORE, path, PASSWORD, format=name)
        before = path.read_bytes()
        # The name is that on another machine: what lies here under it is not looked at.
        made, store, said = update_content(before, PASSWORD, add, path="/proc/self/mem")
        assert (path.read_bytes(), said) == (before, "added")
        assert isinstance(made, bytes)
        update_store(path, PASSWORD, add)
        there = open_store(path, PASSWORD)
        assert open_store(made, PASSWORD).entries == store.entries == there.entries
        assert (trusted(there), there.format) == ([OLD, NEW], name)
        assert update_content(made, PASSWORD, keep, path="x")[0] is None

    def test_nothing_there(self) -> None:
        made, _, _ = update_content(None, PASSWORD, add, path="/nowhere/store.p12", create="pkcs12", profile="compat")
        assert isinstance(made, bytes)
        assert run(find("openssl"), "pkcs12", "-nokeys", "-passin", f"pass:{PASSWORD}", stdin=made).count(b"BEGIN") == 1
        assert update_content(None, PASSWORD, keep, path="store", create="jks")[0] is None
        with pytest.raises(UsageError, match="at least 6 characters"):
            update_content(None, "short", add, path="store", create="jks")

    def test_what_may_not_be_written(self, jks: Path) -> None:
        before = jks.read_bytes()
        with pytest.raises(IntegrityError, match=r"^/etc/roots: "):
            update_content(before, "wrong password", add, path="/etc/roots")
        with pytest.raises(PasswordRequiredError, match=r"^/etc/roots: "):
            update_content(before, None, add, path="/etc/roots")
        with pytest.raises(UnreadableError, match="could not open the store"):
            update_content(before, PASSWORD, add, path="/etc/roots", readers=["openssl3"])

    def test_who_can_read_what_is_there_still_can(self, jks: Path, tmp_path: Path) -> None:
        """Judged by the content that is given: nobody looks for it under its name."""
        key, made = tmp_path / "key.pem", tmp_path / "sm2.pem"
        run(find("openssl"), "ecparam", "-name", "SM2", "-genkey", "-noout", "-out", key)
        run(
            find("openssl"), "req", "-new", "-x509", "-sm3", "-key", key, "-subj", "/CN=sm2", "-days", "9", "-out", made
        )
        (odd,) = samples.certificates(made)  # which no Java reads

        def worse(store: TrustStore) -> tuple[TrustStore, None]:
            return store.with_entries((*store.entries, TrustedEntry("odd", odd, CREATED))), None

        with pytest.raises(UnreadableError, match=r"^/nowhere/store: .*java8.* could not open the store with it"):
            update_content(jks.read_bytes(), PASSWORD, worse, path="/nowhere/store")
        # Of a store that no Java could open, none loses anything.
        save_store(worse(BEFORE)[0], jks, PASSWORD, readers=())
        assert update_content(jks.read_bytes(), PASSWORD, add, path="/nowhere/store")[0] is not None
