"""convert, bundle, remove, rename, passwd."""

from pathlib import Path

import pytest

from tests.cli.harness import Tool, process
from tests.samples import RDS_2019_SHA1, amazon, certificates, own
from truststore_tool import IntegrityError, open_store

RDS = amazon("rds-ca-2019-root.pem")
G1 = amazon("rds-ca-rsa2048-g1-us-east-1.pem")
BUNDLE = amazon("rds-global-bundle.pem")


class TestConvert:
    @pytest.mark.parametrize("to", ["der", "pem", "pkcs7", "jks", "jceks", "pkcs12", "capath"])
    def test_every_certificate_arrives_in_every_format_and_comes_back(self, tool: Tool, to: str) -> None:
        assert tool("convert", BUNDLE, "-o", "out", "--to", to).code == 0
        store = open_store("out", "changeit")
        assert store.format == to
        assert {c.der for c in store.all_certificates()} == {c.der for c in certificates(BUNDLE)}
        assert tool("convert", "out", "-o", "back.pem").code == 0
        assert set(certificates(Path("back.pem"))) == set(certificates(BUNDLE))

    def test_the_suffix_gives_the_format(self, tool: Tool) -> None:
        assert tool("convert", RDS, "-o", "x.p12").code == 0
        assert [e.alias for e in open_store("x.p12", "changeit").entries] == ["rds-root"]

    def test_to_standard_output(self) -> None:
        done = process("convert", RDS, "-o", "-", "--to", "pem")
        assert done.out.startswith("-----BEGIN CERTIFICATE-----\n")
        assert done.code == 0

    def test_a_second_run_leaves_the_file_and_another_content_is_refused(self, tool: Tool) -> None:
        assert tool("convert", RDS, "-o", "x.p12").code == 0
        before = Path("x.p12").read_bytes()
        assert tool("convert", RDS, "-o", "x.p12").code == 0
        assert Path("x.p12").read_bytes() == before
        assert tool("convert", G1, "-o", "x.p12").code == 2
        assert Path("x.p12").read_bytes() == before
        assert tool("convert", G1, "-o", "x.p12", "--backup").code == 0
        assert Path("x.p12.bak").read_bytes() == before

    def test_a_format_that_is_only_read_is_refused(self, tool: Tool) -> None:
        assert tool("convert", RDS, "-o", "x", "--to", "bks").code == 2


class TestBundle:
    def test_repetitions_are_dropped_and_every_certificate_is_counted(self, tool: Tool) -> None:
        done = tool("bundle", RDS, BUNDLE, RDS, "-o", "chain.pem")
        every = certificates(RDS) + certificates(BUNDLE)
        unique = list(dict.fromkeys(every))
        assert certificates(Path("chain.pem")) == unique
        counts = (
            f"{len(every) + 1} read = {len(unique)} added + 0 already there + {len(every) + 1 - len(unique)} repeated"
        )
        assert counts in done.out

    def test_what_the_file_holds_stays_with_its_text(self, tool: Tool) -> None:
        Path("chain.pem").write_text(f"# our own\n{RDS.read_text()}# end\n")
        assert tool("bundle", G1, RDS, "-o", "chain.pem").code == 0
        text = Path("chain.pem").read_text()
        assert text.startswith(f"# our own\n{RDS.read_text()}# end\n")
        assert certificates(Path("chain.pem")) == certificates(RDS) + certificates(G1)

    def test_running_it_again_changes_no_byte(self, tool: Tool) -> None:
        tool("bundle", RDS, G1, "-o", "chain.pem")
        before = (Path("chain.pem").read_bytes(), Path("chain.pem").stat().st_mtime_ns)
        assert tool("bundle", G1, RDS, "-o", "chain.pem").code == 0
        assert (Path("chain.pem").read_bytes(), Path("chain.pem").stat().st_mtime_ns) == before

    def test_expired_ones_are_dropped_when_asked(self, tool: Tool) -> None:
        done = tool("bundle", RDS, G1, "-o", "chain.pem", "--drop-expired")
        assert certificates(Path("chain.pem")) == certificates(G1)
        assert "1 expired and dropped" in done.out

    def test_comments_name_subject_and_fingerprint(self, tool: Tool) -> None:
        tool("bundle", RDS, "-o", "chain.pem", "--comments")
        lines = Path("chain.pem").read_text().splitlines()
        assert lines[0].startswith("# CN=Amazon RDS Root 2019 CA,")
        assert lines[1].startswith("# expires 2024-08-22, SHA-256 F2:54:")
        assert certificates(Path("chain.pem")) == certificates(RDS)

    def test_an_unexpected_certificate_writes_nothing(self, tool: Tool) -> None:
        assert tool("bundle", RDS, G1, "-o", "chain.pem", "--expect", RDS_2019_SHA1).code == 1
        assert not Path("chain.pem").exists()

    def test_to_standard_output_only_the_chain(self, tmp_path: Path) -> None:
        done = process("bundle", RDS, G1, "-o", "-", cwd=tmp_path)
        (tmp_path / "out.pem").write_text(done.out)
        assert certificates(tmp_path / "out.pem") == certificates(RDS) + certificates(G1)
        assert "2 read" in done.err


class TestRemoveAndRename:
    @pytest.fixture(autouse=True)
    def _store(self, tool: Tool) -> None:
        tool("import", "ks", RDS, "--yes")
        tool("import", "ks", G1, "--yes", "--alias", "g1")

    def aliases(self) -> list[str]:
        return [e.alias for e in open_store("ks", "changeit").entries]

    def test_remove_by_alias_fingerprint_and_expiry(self, tool: Tool) -> None:
        assert tool("remove", "ks", "--alias", "G1").code == 0
        assert self.aliases() == ["rds-root"]
        assert tool("remove", "ks", "--fingerprint", RDS_2019_SHA1).code == 0
        assert self.aliases() == []

    def test_remove_expired(self, tool: Tool) -> None:
        assert tool("remove", "ks", "--expired", "--dry-run").code == 0
        assert self.aliases() == ["rds-root", "g1"]
        assert tool("remove", "ks", "--expired").code == 0
        assert self.aliases() == ["g1"]
        assert tool("remove", "ks", "--expired").code == 0

    def test_removing_what_is_not_there_exits_1_and_removes_the_rest(self, tool: Tool) -> None:
        done = tool("remove", "ks", "--alias", "nosuch")
        assert (done.code, "nothing was removed" in done.err) == (1, True)
        assert self.aliases() == ["rds-root", "g1"]
        tried = tool("remove", "ks", "--alias", "g1", "--alias", "nosuch", "--dry-run")
        assert (tried.code, "would remove 1" in tried.out, "'nosuch'" in tried.err) == (1, True, True)
        assert self.aliases() == ["rds-root", "g1"]
        done = tool("remove", "ks", "--alias", "g1", "--alias", "nosuch", "--json")
        assert (done.code, done.json["absent"], len(done.json["removed"])) == (1, ["'nosuch'"], 1)
        assert done.err.splitlines()[0] == "error: not in ks: 'nosuch'"
        assert self.aliases() == ["rds-root"]

    def test_rename(self, tool: Tool) -> None:
        assert tool("rename", "ks", "rds-root", "rds-2019").code == 0
        assert self.aliases() == ["rds-2019", "g1"]
        assert tool("rename", "ks", "rds-2019", "G1").code == 1


class TestPasswd:
    @pytest.mark.parametrize("name", ["ks.jks", "ks.jceks", "ks.p12"])
    def test_the_new_password_opens_and_the_old_does_not(
        self, tool: Tool, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tool("import", name, RDS, G1, "--yes")
        monkeypatch.setenv("NEW", "another-one")
        assert tool("passwd", name, "--new-password-env", "NEW").code == 0
        store = open_store(name, "another-one")
        assert (store.integrity, len(store.entries)) == ("verified", 2)
        with pytest.raises(IntegrityError):
            open_store(name, "changeit")

    def test_a_short_new_password_is_refused(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        tool("import", "ks", RDS, "--yes")
        monkeypatch.setenv("NEW", "abc")
        assert tool("passwd", "ks", "--new-password-env", "NEW").code == 2
        assert open_store("ks", "changeit").integrity == "verified"

    def test_a_bundle_has_none(self, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
        tool("bundle", RDS, "-o", "chain.pem")
        monkeypatch.setenv("NEW", "another-one")
        assert tool("passwd", "chain.pem", "--new-password-env", "NEW").code == 2

    def test_an_openssl_made_store_becomes_visible_to_java(self, tool: Tool) -> None:
        assert tool("convert", own("old-root.pem"), "-o", "x.p12").code == 0
        assert len(open_store("x.p12", "changeit").entries) == 1


def test_a_path_that_no_system_takes_exits_5(tool: Tool) -> None:
    done = tool("convert", RDS, "-o", "a" * 300, "--to", "pem")
    assert done.code == 5
    assert "File name too long" in done.err
