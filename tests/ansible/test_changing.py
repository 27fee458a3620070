"""What a task wants of a store, whatever the store holds: done once, nothing lost, and nobody trusted in silence."""

from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.ansible.plugins.plugin_utils.changing import Wanted, change
from tests.generated import ALIASES, CERTIFICATES, stores
from truststore_tool.errors import FindingError, PasswordRequiredError
from truststore_tool.fingerprints import Fingerprint
from truststore_tool.model import Certificate, OpaqueEntry, OpaqueKind, TrustStore, fold_alias
from truststore_tool.nouns import replace
from truststore_tool.operations.candidates import Candidate

_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_KINDS: Final[tuple[OpaqueKind, ...]] = ("private-key", "secret-key", "unknown")
_KEYS: Final = tuple(
    OpaqueEntry("", kind, "jks", bytes([number]) * 9, CERTIFICATES[:number]) for number, kind in enumerate(_KINDS)
)
_FORMATS: Final = st.sampled_from(["jks", "pkcs12", "pem"])


def _wanted(
    state: str,
    named: list[Certificate],
    aliases: list[str],
    *,
    unseen: bool = True,
    expected: tuple[Fingerprint, ...] = (),
) -> Wanted:
    return Wanted(state, [Candidate(item, "file") for item in named], [], expected, unseen, aliases, _NOW)


def _trusted(store: TrustStore) -> set[Certificate]:
    return {entry.certificate for entry in store.trusted()}


@given(st.data(), _FORMATS, st.sampled_from(["present", "exact"]))
def test_once_and_for_all(data: st.DataObject, form: str, state: str) -> None:
    store = data.draw(stores(form, _KEYS if form == "jks" else ()))
    named = data.draw(st.lists(st.sampled_from(CERTIFICATES), min_size=1, max_size=4))
    there = [entry.alias for entry in store.entries if entry.alias]
    names = ALIASES | st.sampled_from(there) if there else ALIASES
    aliases = data.draw(st.lists(names, max_size=len(set(named))))
    wanted = _wanted(state, named, aliases)
    after, done = change(store, wanted)
    assert _trusted(after) == (set(named) if state == "exact" else _trusted(store) | set(named))
    assert set(done.fresh) == set(named) - _trusted(store)
    keys = [entry for entry in store.entries if entry.kind != "trusted"]
    assert [entry for entry in after.entries if entry.kind != "trusted"] == keys
    if form != "pem":
        folded = [fold_alias(entry.alias) for entry in after.entries]
        assert len(set(folded)) == len(folded)
        # Whoever is not named keeps his alias.
        kept = [entry for entry in store.trusted() if entry.certificate not in named and state == "present"]
        assert set(kept) <= set(after.entries)
    again, second = change(after, wanted)
    assert (again, second.fresh) == (after, [])


@given(st.data(), _FORMATS)
def test_absent_is_absent(data: st.DataObject, form: str) -> None:
    store = data.draw(stores(form, _KEYS if form == "jks" else ()))
    named = data.draw(st.lists(st.sampled_from(CERTIFICATES), max_size=4))
    printed = tuple(Fingerprint.of(item.der, "sha1") for item in data.draw(st.lists(st.sampled_from(CERTIFICATES))))
    wanted = _wanted("absent", named, [], expected=printed)
    after, _ = change(store, wanted)
    gone = {c for c in _trusted(store) if c in named or any(item.matches(c.der) for item in printed)}
    assert _trusted(after) == _trusted(store) - gone
    assert [e for e in after.entries if e.kind != "trusted"] == [e for e in store.entries if e.kind != "trusted"]
    assert change(after, wanted)[0] == after


def test_a_chain_of_aliases_is_settled_in_one_run() -> None:
    one, two, three = CERTIFICATES[:3]
    store, _ = change(TrustStore(), _wanted("present", [one, two], ["a", "b"]))
    wanted = _wanted("present", [one, two, three], ["b", "c", "a"])
    after, _ = change(store, wanted)
    assert {entry.alias: entry.certificates[0] for entry in after.entries} == {"b": one, "c": two, "a": three}


def test_trust_must_be_said() -> None:
    new, other = CERTIFICATES[:2]
    for state in ("present", "exact"):
        with pytest.raises(FindingError, match="nobody said"):
            change(TrustStore(), _wanted(state, [new], [], unseen=False))
        with pytest.raises(FindingError, match="not expected"):
            change(TrustStore(), _wanted(state, [new, other], [], unseen=False, expected=(new.sha256,)))
        # Fingerprints that were given count, whatever else is said.
        with pytest.raises(FindingError, match="not expected"):
            change(TrustStore(), _wanted(state, [new, other], [], expected=(new.sha256,)))
        made, _ = change(TrustStore(), _wanted(state, [new], [], unseen=False, expected=(new.sha256,)))
        assert change(made, _wanted(state, [new], [], unseen=False))[0] == made


@pytest.mark.parametrize("state", ["present", "absent", "exact"])
def test_what_is_not_open_is_not_judged(state: str) -> None:
    with pytest.raises(PasswordRequiredError):
        change(replace(TrustStore(format="pkcs12"), sealed=1), _wanted(state, [CERTIFICATES[0]], []))
