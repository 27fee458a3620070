"""What is said of stores that real programs made: truststore_info, truststore_verify, the lookup and the filter."""

import base64
from pathlib import Path
from typing import Any

from tests.ansible.hosts import LOCAL
from tests.ansible.material import NEW, NEW_ROOT, OLD, OLD_ROOT, OTHER, OTHER_ROOT, PASSWORD, keytool_store
from tests.ansible.plays import Controller
from tests.realtools import Jdk, run
from tests.samples import RDS_2019_SHA1, RDS_2019_SHA256, amazon, own

INFO, VERIFY = "truststore.tool.truststore_info", "truststore.tool.truststore_verify"
QUICK = {"ANSIBLE_PIPELINING": "1"}


def results(controller: Controller, *tasks: dict[str, Any], words: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What the tasks returned, failed or not."""
    ignoring = [{**task, "ignore_errors": True} for task in tasks]
    done = controller.play(ignoring, {"here": LOCAL}, *words, env=QUICK)
    assert done.rc == 0, done.said
    assert "Traceback" not in done.said
    assert PASSWORD not in done.said
    assert done.total("changed") == 0
    return done.of("here")


def rules(result: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in result["findings"]}


def test_what_a_store_holds_and_what_is_not_well(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    plain = keytool_store(jdk, tmp_path / "plain.jks", OLD_ROOT, amazon("rds-ca-2019-root.pem"))
    run(jdk.keytool, "-genkeypair", "-alias", "pair", "-keyalg", "EC", "-dname", "CN=app", "-keystore", plain,
        "-storepass", PASSWORD, "-storetype", "JKS")  # fmt: skip
    locked = keytool_store(jdk, tmp_path / "locked.p12", storetype="PKCS12")
    (tmp_path / "text").write_text("no store\n")
    opened, without, shut, wrong, missing, text, folder = results(
        controller,
        {INFO: {"path": str(plain), "password": PASSWORD, "for": ["java17", "bcfips"]}},
        {INFO: {"path": str(plain)}},
        {INFO: {"path": str(locked)}},
        {INFO: {"path": str(locked), "password": "Wr0ng-by-one-letter"}},
        {INFO: {"path": str(tmp_path / "missing"), "expires_within": 30}},
        {INFO: {"path": str(tmp_path / "text")}},
        {INFO: {"path": str(tmp_path)}},
        words=("--check",),
    )
    entries = {entry["alias"]: entry for entry in opened["entries"]}
    assert {alias: entry["kind"] for alias, entry in entries.items()} == {
        "root0": "trusted",
        "root1": "trusted",
        "pair": "private-key",
    }
    assert entries["root1"]["certificates"][0]["sha256"] == RDS_2019_SHA256
    assert entries["root1"]["certificates"][0]["not_after"] == "2024-08-22T17:08:50Z"
    assert {"expired", "key-in-truststore", "not-judged"} <= rules(opened)
    assert (opened["exists"], opened["opened"], opened["format"], opened["integrity"]) == (
        True,
        True,
        "jks",
        "verified",
    )
    assert [(reader["loads"], reader["anchors"]) for reader in opened["readers"]] == [(True, 2), (None, None)]
    assert (without["integrity"], len(without["entries"])) == ("unchecked", 3)
    assert "integrity-unchecked" in rules(without)
    assert (shut["opened"], shut["entries"], "not-opened" in rules(shut)) == (False, [], True)
    assert wrong["failed"]
    assert "password" in wrong["msg"]
    assert (missing["exists"], rules(missing)) == (False, {"missing-file-falls-back"})
    assert (text["failed"], "no known trust store" in text["msg"]) == (True, True)
    assert (folder["failed"], "is a directory" in folder["msg"]) == (True, True)


def test_a_store_is_verified_or_the_task_fails(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    store = str(keytool_store(jdk, tmp_path / "store", OLD_ROOT, NEW_ROOT))
    locked = str(keytool_store(jdk, tmp_path / "locked.p12", storetype="PKCS12"))
    cut, more = tmp_path / "cut.pem", tmp_path / "more.p12"
    cut.write_bytes(OLD_ROOT.read_bytes() + NEW_ROOT.read_bytes()[:-300])
    more.write_bytes(Path(locked).read_bytes() + b"and more")
    good = {"path": store, "password": PASSWORD}
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({**good, "expect": [OLD, NEW], "exact": True, "for": ["java8u252", "java25"]}, None),
        ({**good, "certificates": [str(NEW_ROOT)]}, None),
        ({**good, "for": "java17"}, None),
        (
            {**good, "certificates": [str(NEW_ROOT), str(OTHER_ROOT)]},
            "it does not trust L=Seattle,CN=Amazon RDS us-east-1",
        ),
        ({**good, "expect": [OTHER]}, "it does not trust " + bytes.fromhex(OTHER).hex(":").upper()),
        ({**good, "expect": [OLD], "exact": True}, "it also trusts L=Seattle"),
        ({**good, "expect": [OLD], "for": "openssl3"}, "openssl3 cannot open it"),
        ({**good, "expect": [OLD], "for": "bcfips"}, "not judged: bcfips"),
        ({**good, "expect": [OLD], "for": "java99"}, "java99"),
        ({**good}, "one of the following is required: certificates, expect, for"),
        ({"path": store + "x", "expect": [OLD]}, "there is no such store"),
        ({"path": locked, "expect": [OLD]}, "password"),
        ({"path": locked, "password": "Wr0ng-by-one-letter", "expect": [OLD]}, "password"),
        ({"path": str(cut), "expect": [OLD]}, f"{cut}: certificate block 2"),
        ({"path": str(more), "password": PASSWORD, "expect": [OLD]}, None),
        ({"path": str(more), "password": PASSWORD, "expect": [OLD], "exact": True}, "not judged: 8 bytes behind"),
    ]
    found = results(controller, *({VERIFY: options} for options, _ in cases))
    for (options, words), result in zip(cases, found, strict=True):
        assert result.get("failed", False) == (words is not None), (options, result)
        assert (words or "") in result.get("msg", ""), (options, result["msg"])
    assert [item["alias"] for item in found[0]["present"]] == ["root0", "root1"]
    assert [item["certificate"]["sha256"].replace(":", "").lower() for item in found[3]["missing"]] == [OTHER]
    assert len(found[7]["not_judged"]) == 1


def test_the_lookup_and_the_filter(controller: Controller, jdk: Jdk, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    rds = amazon("rds-ca-2019-root.pem")
    (tmp_path / "files" / "rds.pem").write_bytes(rds.read_bytes())
    keys = keytool_store(jdk, tmp_path / "files" / "store.p12", NEW_ROOT, OTHER_ROOT, storetype="PKCS12")
    lookup = "'truststore.tool.fingerprint'"
    many = {"many": [rds.read_text(), base64.b64encode(OLD_ROOT.read_bytes()).decode()]}
    said = [
        ("{{ lookup(" + lookup + ", 'rds.pem') }}", RDS_2019_SHA256),
        ("{{ query(" + lookup + ", 'rds.pem', 'rds.pem', algorithm='sha1') }}", [RDS_2019_SHA1]),
        ("{{ query(" + lookup + ", 'store.p12', password='" + PASSWORD + "') | length }}", 2),
        ("{{ (lookup('ansible.builtin.file', 'rds.pem') | truststore.tool.certificates)[0].sha1 }}", RDS_2019_SHA1),
        ("{{ many | truststore.tool.certificates | map(attribute='is_ca') }}", [True, True]),
        ("{{ (many | truststore.tool.certificates)[0].pem }}", rds.read_text().strip()),
    ]
    wrong = [
        ("{{ lookup(" + lookup + ", 'nowhere.pem') }}", "there is no file nowhere.pem"),
        ("{{ lookup(" + lookup + ", 'store.p12', password='Wr0ng') }}", "password"),
        ("{{ 'no certificate' | truststore.tool.certificates }}", "no known trust store"),
        ("{{ 5 | truststore.tool.certificates }}", "give a text"),
        ("{{ lookup(" + lookup + ", '" + str(own("new-root.key")) + "') }}", "private key"),
    ]
    assert keys.exists()
    tasks = [{"ansible.builtin.debug": {"msg": template}, "vars": many} for template, _ in (*said, *wrong)]
    found = results(controller, *tasks)
    for (template, expected), result in zip(said, found, strict=False):
        text = result["msg"].strip() if isinstance(result["msg"], str) else result["msg"]
        assert str(text) == str(expected), template
    for (template, words), result in zip(wrong, found[len(said) :], strict=True):
        assert result["failed"], template
        assert words in result["msg"], (template, result["msg"])
