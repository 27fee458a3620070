"""The module truststore: what it makes of stores, which a real keytool reads, and what it refuses."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.ansible import environment
from tests.ansible.hosts import LOCAL
from tests.ansible.material import (
    NEW,
    NEW_ROOT,
    OLD,
    OLD_ROOT,
    OTHER,
    OTHER_ROOT,
    PASSWORD,
    keytool_store,
    task,
    trusted,
)
from tests.ansible.plays import Controller, Run
from tests.realtools import Jdk, Request, run
from tests.samples import amazon, certificates, own

HOST = {"here": LOCAL}
QUICK = {"ANSIBLE_PIPELINING": "1"}


def played(controller: Controller, tasks: list[dict[str, Any]], *words: str, rc: int = 0) -> list[dict[str, Any]]:
    """What the tasks returned on this machine."""
    done = controller.play(tasks, HOST, *words, env=QUICK)
    assert done.rc == rc, done.said
    return done.of("here")


def failing(controller: Controller, *tasks: dict[str, Any]) -> tuple[list[str], Run]:
    """The message of each of these tasks, all of which fail."""
    done = controller.play([{**task, "ignore_errors": True} for task in tasks], HOST, env=QUICK)
    assert done.rc == 0, done.said
    results = done.of("here")
    assert [result.get("failed") for result in results] == [True] * len(tasks), done.said
    assert "Traceback" not in done.said
    return [result["msg"] for result in results], done


def aliases(jdk: Jdk, store: Path, storetype: str = "JKS") -> dict[str, str]:
    """The fingerprints that a JVM sees, by alias."""
    (view,) = jdk.read(Request(storetype, store, PASSWORD))
    assert view.error is None
    return {entry.alias: entry.certificates[0] for entry in view.entries}


@pytest.mark.parametrize("release", [environment.NEW, environment.OLD], ids=lambda release: release.core)
def test_what_check_says_is_done_once(release: environment.Release, installed: Path, jdk: Jdk, tmp_path: Path) -> None:
    controller = Controller(environment.there(release), installed, tmp_path)
    places: dict[str, dict[str, Any]] = {
        "new.p12": {"profile": "compat"},
        "cacerts.p12": {"profile": "passwordless", "password": None},
        "roots.pem": {"password": None},
        "there.jks": {},
    }
    keytool_store(jdk, tmp_path / "there.jks")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("there*")}
    tasks = [task(tmp_path / name, NEW_ROOT, OTHER_ROOT, **options) for name, options in places.items()]
    foretold = played(controller, tasks, "--check", "--diff")
    assert {path.name: path.read_bytes() for path in tmp_path.glob("there*")} == before
    assert not any((tmp_path / name).exists() for name in places if not name.startswith("there"))
    came = played(controller, tasks, "--diff")
    told = ("changed", "added", "removed", "renamed", "created", "entries_before", "entries_after", "diff", "format")
    assert [[item[name] for name in told] for item in foretold] == [[item[name] for name in told] for item in came]
    assert [item["created"] for item in came] == [not name.startswith("there") for name in places]
    assert trusted(jdk, tmp_path / "new.p12", storetype="PKCS12") == [{NEW, OTHER}]
    assert trusted(jdk, tmp_path / "there.jks") == [{OLD, NEW, OTHER}]
    assert trusted(jdk, tmp_path / "cacerts.p12", storetype="PKCS12", password="") == [{NEW, OTHER}]
    assert (tmp_path / "roots.pem").read_bytes().count(b"BEGIN CERTIFICATE") == 2
    written = {name: (tmp_path / name).read_bytes() for name in places}
    again = played(controller, tasks, "--diff")
    assert [(item["changed"], item["added"]) for item in again] == [(False, [])] * len(places)
    assert {name: (tmp_path / name).read_bytes() for name in places} == written


def test_an_alias_that_is_taken_stays_and_a_certificate_is_renamed(
    controller: Controller, jdk: Jdk, tmp_path: Path
) -> None:
    store = keytool_store(jdk, tmp_path / "store")
    clash = task(store, NEW_ROOT, alias="root0")
    (done,) = played(controller, [clash])
    assert [item["alias"] for item in done["added"]] == [f"root0-{NEW[:8]}"]
    assert aliases(jdk, store) == {"root0": OLD, f"root0-{NEW[:8]}": NEW}
    again, moved, back, last = played(
        controller,
        [
            clash,
            task(store, OLD_ROOT, NEW_ROOT, aliases=["Before", "root0"]),
            task(store, OLD_ROOT, NEW_ROOT, aliases=["before", "ROOT0"]),
            task(store, OTHER_ROOT),
        ],
    )
    assert not again["changed"]
    assert [(item["from"], item["alias"], item["sha256"].replace(":", "").lower()) for item in moved["renamed"]] == [
        ("root0", "before", OLD),
        (f"root0-{NEW[:8]}", "root0", NEW),
    ]
    assert (moved["added"], moved["removed"], back["changed"]) == ([], [], False)
    assert [item["alias"] for item in last["added"]] == ["amazon-rds-us-east-1-root-ca-ecc384-g1"]
    assert aliases(jdk, store) == {"before": OLD, "root0": NEW, last["added"][0]["alias"]: OTHER}


def test_exact_leaves_keys_and_what_is_not_understood(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "store.jceks", OLD_ROOT, OTHER_ROOT, storetype="JCEKS")
    common = ("-keystore", store, "-storetype", "JCEKS", "-storepass", PASSWORD)
    run(
        jdk.keytool, "-genkeypair", "-alias", "pair", "-keyalg", "EC", "-dname", "CN=app", "-keypass", PASSWORD, *common
    )
    run(jdk.keytool, "-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "256", *common)
    request = (jdk.keytool, "-certreq", "-alias", "pair", *common)
    (done,) = played(controller, [task(store, NEW_ROOT, state="exact", trust_unseen=True)])
    assert {item["sha256"].replace(":", "").lower() for item in done["removed"]} == {OLD, OTHER}
    assert b"BEGIN NEW CERTIFICATE REQUEST" in run(*request)  # the key opens, and signs
    listed = run(jdk.keytool, "-list", *common).decode()
    assert ("secret," in listed, "pair," in listed, listed.count("trustedCertEntry")) == (True, True, 1)
    (again,) = played(controller, [task(store, NEW_ROOT, state="exact", trust_unseen=True)])
    assert not again["changed"]


def test_absent_by_certificate_fingerprint_and_alias(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "store", OLD_ROOT, NEW_ROOT, OTHER_ROOT)
    key = ("-keystore", store, "-storepass", PASSWORD, "-storetype", "JKS")
    run(jdk.keytool, "-genkeypair", "-alias", "pair", "-keyalg", "EC", "-dname", "CN=app", *key)
    gone = [
        task(store, OLD_ROOT, state="absent"),
        task(store, state="absent", certificates=None, expect=[NEW]),
        task(store, state="absent", certificates=None, aliases=["ROOT2", "never-there"]),
    ]
    results = played(controller, gone)
    assert [[item["sha256"].replace(":", "").lower() for item in each["removed"]] for each in results] == [
        [OLD],
        [NEW],
        [OTHER],
    ]
    assert list(aliases(jdk, store)) == ["pair"]
    left = store.read_bytes()
    missing = task(tmp_path / "nowhere" / "store", OLD_ROOT, state="absent")
    assert [item["changed"] for item in played(controller, [*gone, missing])] == [False] * 4
    (said,), _ = failing(controller, task(store, state="absent", certificates=None, alias="pair"))
    assert "holds a private-key entry" in said
    assert store.read_bytes() == left


def test_nothing_becomes_trusted_unless_that_was_said(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "store")
    before = store.read_bytes()
    refused = tmp_path / "refused.pem"
    run("openssl", "x509", "-in", NEW_ROOT, "-addreject", "serverAuth", "-trustout", "-out", refused)
    messages, done = failing(
        controller,
        task(store, NEW_ROOT, trust_unseen=False),
        task(store, NEW_ROOT, OTHER_ROOT, expect=[NEW]),
        task(store, NEW_ROOT, expect=[OTHER]),
        task(store, certificates="certifi", trust_unseen=False),
        task(store, NEW_ROOT, state="exact", trust_unseen=False),
        task(store, NEW_ROOT, expect=[NEW], trust_unseen=True),
        task(store, NEW_ROOT, expect=["rds"]),
        task(store, refused, trust_unseen=True),
        task(store, refused, NEW_ROOT, expect=[NEW]),
    )
    assert "nobody said that these may be trusted: L=Seattle,CN=Amazon RDS us-east-1 Root CA RSA2048" in messages[0]
    assert "expect" in messages[0]
    assert [item["sha256"].replace(":", "").lower() for item in done.of("here")[0]["certificates"]] == [NEW]
    assert "not expected: L=Seattle,CN=Amazon RDS us-east-1 Root CA ECC384" in messages[1]
    assert "not expected: L=Seattle,CN=Amazon RDS us-east-1 Root CA RSA2048" in messages[2]
    assert " more; nothing was written" in messages[3]
    assert "nobody said" in messages[4]
    assert "mutually exclusive" in messages[5]
    assert "not a fingerprint" in messages[6]
    assert "distrusted" in messages[7]
    assert "distrusted" in messages[8]
    assert store.read_bytes() == before
    # What is trusted already needs no word; nor is it one for what comes with it.
    (known,) = played(controller, [task(store, OLD_ROOT, trust_unseen=False)])
    assert not known["changed"]


def test_what_is_wrong_is_one_line_and_leaves_the_store_whole(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "store")
    locked = keytool_store(jdk, tmp_path / "locked.p12", storetype="PKCS12")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "text").write_text("no store\n")
    (tmp_path / "empty").touch()
    (tmp_path / "huge").touch()
    os.truncate(tmp_path / "huge", 1 << 30)
    before = {path: path.read_bytes() for path in (store, locked)}
    cases = {
        "password": task(store, NEW_ROOT, password="Wr0ng-by-one-letter"),
        "cannot be changed without its password": task(store, NEW_ROOT, password=None),
        "encrypted": task(locked, NEW_ROOT, state="absent", password=None),
        "is a directory": task(tmp_path, NEW_ROOT),
        "is no regular file": task(tmp_path / "fifo", NEW_ROOT),
        "larger than": task(tmp_path / "huge", NEW_ROOT),
        "no known trust store": task(tmp_path / "text", NEW_ROOT),
        "the file is empty": task(tmp_path / "empty", NEW_ROOT),
        "Destination directory": task(tmp_path / "nowhere" / "store", NEW_ROOT),
        "at least 6 characters": task(tmp_path / "new", NEW_ROOT, password="short"),
        "a password": task(tmp_path / "new.jks", NEW_ROOT, password=None),
        "no format is known by": task(tmp_path / "new.conf", NEW_ROOT),
        "there is no such store": task(tmp_path / "new", NEW_ROOT, create=False),
        "Could not find or access": task(store, tmp_path / "missing.pem"),
        "this is a private key": task(store, own("new-root.key")),
        "more aliases than": task(store, NEW_ROOT, aliases=["a", "b"]),
        "no standard input": task(store, certificates=["-"]),
        "its name is empty": task(store, certificates=[""]),
        "the path of the store is empty": task("", NEW_ROOT),
        "certificates": task(store, certificates=None, expect=[NEW]),
        "java99": task(tmp_path / "new", NEW_ROOT, **{"for": "java99"}),
        "mode: preserve": task(store, NEW_ROOT, mode="preserve"),
        "nosuch": task(store, NEW_ROOT, nosuch=1),
        "value of state must be one of": task(store, NEW_ROOT, state="gone"),
    }
    messages, _ = failing(controller, *cases.values())
    for words, message in zip(cases, messages, strict=True):
        assert words in message, (words, message)
        assert "\n" not in message
    assert {path: path.read_bytes() for path in before} == before
    for secret in (PASSWORD, "Wr0ng-by-one-letter"):
        assert secret not in "".join(messages)
    some = ["password", "Destination directory", "at least 6 characters", "there is no such store"]
    foretold = controller.play([{**cases[words], "ignore_errors": True} for words in some], HOST, "--check", env=QUICK)
    told = dict(zip(cases, messages, strict=True))
    assert [item["msg"] for item in foretold.of("here")] == [told[words] for words in some]
    assert [path.name for path in tmp_path.glob("*.2*")] == []


def test_certificates_named_in_every_way(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    shutil.copy(NEW_ROOT, tmp_path / "files" / "beside.pem")
    folder = tmp_path / "folder"
    folder.mkdir()
    for root in (NEW_ROOT, OTHER_ROOT):
        shutil.copy(root, folder)
    source = keytool_store(jdk, tmp_path / "source.p12", OTHER_ROOT, storetype="PKCS12", password="Of-the-source")
    text = "subject: O=Amazon Web Services, Inc., CN=root\n" + NEW_ROOT.read_text()
    ways: list[tuple[dict[str, Any], set[str]]] = [
        ({"certificates": "beside.pem"}, {NEW}),
        ({"certificate": text}, {NEW}),
        ({"certificates": [text, str(OTHER_ROOT)]}, {NEW, OTHER}),
        ({"certificates": [str(folder)]}, {NEW, OTHER}),
        ({"certificates": str(source), "source_password": "Of-the-source"}, {OTHER}),
        ({"certificates": "{{ lookup('ansible.builtin.file', 'beside.pem') }}"}, {NEW}),
    ]
    stores = [tmp_path / f"store{number}" for number in range(len(ways))]
    played(controller, [task(store, **options) for store, (options, _) in zip(stores, ways, strict=True)])
    assert trusted(jdk, *stores) == [expected for _, expected in ways]
    bundle, packaged = played(
        controller,
        [
            task(tmp_path / "rds.jks", amazon("rds-global-bundle.pem")),
            task(tmp_path / "certifi.pem", certificates="certifi", password=None),
        ],
    )
    expected = {item.sha256.hex for item in certificates(amazon("rds-global-bundle.pem"))}
    assert trusted(jdk, tmp_path / "rds.jks") == [expected]
    assert bundle["entries_after"] == len(expected)
    assert packaged["entries_after"] == (tmp_path / "certifi.pem").read_bytes().count(b"BEGIN CERTIFICATE") > 100


def test_attributes_backup_links_and_paths_of_the_host(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "real")
    store.chmod(0o604)
    before = store.read_bytes()
    link = tmp_path / "link"
    link.symlink_to("real")
    home = {"environment": {"HOME": str(tmp_path / "of-the-host"), "STORES": str(tmp_path)}}
    (tmp_path / "of-the-host").mkdir()
    odd = keytool_store(jdk, tmp_path / "a b%s'c#")
    linked, tilde, variable, mode, same, old, new = played(
        controller,
        [
            task(link, NEW_ROOT, backup=True),
            {**task("~/store.jks", NEW_ROOT, mode="0640"), **home},
            {**task("$STORES/real", OTHER_ROOT), **home},
            task(store, OTHER_ROOT, mode="u=rw,g=r,o="),
            task(store, OTHER_ROOT, mode="0640", backup=True),
            task(odd, NEW_ROOT),
            task(tmp_path / "d e%d'f#", NEW_ROOT),
        ],
    )
    assert link.is_symlink()
    assert Path(linked["backup_file"]).read_bytes() == before
    assert linked["mode"] == "0604"
    assert trusted(jdk, tmp_path / "of-the-host" / "store.jks", store) == [{NEW}, {OLD, NEW, OTHER}]
    assert ((tmp_path / "of-the-host" / "store.jks").stat().st_mode & 0o777, tilde["changed"]) == (0o640, True)
    assert (variable["path"], variable["changed"]) == (str(store), True)
    assert (mode["changed"], mode["added"], store.stat().st_mode & 0o777) == (True, [], 0o640)
    assert (same["changed"], "backup_file" in same) == (False, False)
    assert (old["changed"], new["created"]) == (True, True)
    assert trusted(jdk, odd, tmp_path / "d e%d'f#") == [{OLD, NEW}, {NEW}]


def test_a_store_that_others_change_meanwhile(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    """A base64 of the host, by which stores are read, after which somebody else changes the store."""
    store, other = keytool_store(jdk, tmp_path / "store"), keytool_store(jdk, tmp_path / "other", OTHER_ROOT)
    program = tmp_path / "bin" / "base64"
    program.parent.mkdir()
    search = {"PATH": f"{program.parent}:{controller.environment()['PATH']}", **QUICK}
    real = shutil.which("base64")
    program.write_text(f"#!/bin/sh\n{real}\nif [ -e {other} ]; then mv {other} {store}; fi\n")
    program.chmod(0o755)
    once = controller.play([task(store, NEW_ROOT)], HOST, env=search)
    assert (once.rc, other.exists()) == (0, False), once.said
    assert trusted(jdk, store) == [{OTHER, NEW}]
    endless = tmp_path / "endless.pem"
    shutil.copy(OLD_ROOT, endless)
    program.write_text(f"#!/bin/sh\n{real}\necho more >> {endless}\n")
    never = controller.play([task(endless, NEW_ROOT, password=None)], HOST, env=search)
    assert never.rc == 2
    assert "was changed on the host 5 times" in never.of("here")[0]["msg"]
    assert endless.read_bytes().replace(b"more\n", b"") == OLD_ROOT.read_bytes()


@pytest.mark.parametrize("there", [True, False])
def test_a_store_that_others_change_at_the_last_moment(
    controller: Controller, jdk: Jdk, tmp_path: Path, there: bool
) -> None:
    """The sh of the host, by which the module that writes looks once more, first puts another store there."""
    store, other = tmp_path / "the store at 100%", keytool_store(jdk, tmp_path / "other", OTHER_ROOT)
    if there:
        keytool_store(jdk, store)
    program = tmp_path / "bin" / "sh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\n[ -e {other} ] && mv {other} "{store}"\nexec /bin/sh "$@"\n')
    program.chmod(0o755)
    search = {"PATH": f"{program.parent}:{controller.environment()['PATH']}", **QUICK}
    run = controller.play([task(store, NEW_ROOT)], HOST, env=search)
    assert (run.rc, other.exists()) == (0, False), run.said
    assert trusted(jdk, store) == [{OTHER, NEW}]
    again = controller.play([task(store, NEW_ROOT), task(store, OLD_ROOT)], HOST, env=search)
    assert [each["changed"] for each in again.of("here")] == [False, True], again.said


def test_no_secret_is_shown_and_nothing_is_left(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "store")
    run(jdk.keytool, "-genkeypair", "-alias", "pair", "-keyalg", "EC", "-dname", "CN=app", "-keystore", store,
        "-storepass", PASSWORD, "-storetype", "JKS")  # fmt: skip
    private = store.read_bytes()
    tasks = [task(store, NEW_ROOT), task(store, OTHER_ROOT, password="Wr0ng-by-one-letter")]
    done = controller.play(tasks, HOST, "-vvvv", "--diff", env={"ANSIBLE_STDOUT_CALLBACK": "default"})
    assert "+amazon-rds-us-east-1-root-ca-rsa2048-g1  SHA-256 E4:CE:41:D0" in done.said
    assert "expires 2061-05-25" in done.said
    assert PASSWORD not in done.said
    assert "Wr0ng-by-one-letter" not in done.said
    assert "pair private-key" in done.said
    left = [path for path in (tmp_path / "tmp").rglob("*") if path.is_file()]
    left += [path for path in (tmp_path / "home").rglob("tmp/**/*") if path.is_file()]
    assert not [
        path for path in left if private[100:200] in path.read_bytes() or PASSWORD.encode() in path.read_bytes()
    ]
    assert not list((tmp_path / "home" / ".ansible" / "tmp").glob("*"))


@pytest.mark.parametrize("release", [environment.NEW, environment.OLD], ids=lambda release: release.core)
def test_what_stands_in_certificates_is_never_a_template(
    release: environment.Release, installed: Path, tmp_path: Path
) -> None:
    controller = Controller(environment.there(release), installed, tmp_path)
    said = tmp_path / "evil.pem"
    trap = tmp_path / "trap"
    name = "{{ lookup('ansible.builtin.pipe', 'touch trap') }}\x1b[2J"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "/dev/null", "-subj", f"/CN={name}", "-utf8", "-days", "2", "-out", said)  # fmt: skip
    results = played(
        controller,
        [
            {**task(tmp_path / "store.pem", said, password=None), "register": "made"},
            {"ansible.builtin.debug": {"msg": "{{ made.added }}"}},
            {
                "ansible.builtin.debug": {
                    "msg": "{{ lookup('ansible.builtin.file', '" + str(said) + "') | truststore.tool.certificates }}"
                }
            },
        ],
        "--diff",
    )
    assert "lookup(" in json.dumps(results[1])
    assert "lookup(" in json.dumps(results[2])
    assert not trap.exists()
    assert "\x1b" not in results[0]["diff"]["after"]


def test_a_large_store_and_what_stands_around_certificates(controller: Controller, tmp_path: Path) -> None:
    store = tmp_path / "large.pem"
    around = b"# kept as it is\n" * 400_000
    store.write_bytes(around + OLD_ROOT.read_bytes())
    (done,) = played(controller, [task(store, NEW_ROOT, password=None, backup=True)])
    assert done["changed"]
    assert store.read_bytes().startswith(around + OLD_ROOT.read_bytes())
    assert store.read_bytes().count(b"BEGIN CERTIFICATE") == 2


def test_readers_are_asked_before_anything_is_written(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = keytool_store(jdk, tmp_path / "store.p12", storetype="PKCS12")
    before = store.read_bytes()
    (message,), _ = failing(controller, task(store, NEW_ROOT, **{"for": "java8u252"}))
    assert "java8u252 could not open the store" in message
    assert "option for" in message
    assert store.read_bytes() == before
