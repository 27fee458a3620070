"""PEM as OpenSSL reads it: the functions of this machine's library say what is right."""

import re
from collections import Counter
from itertools import chain

from tests.readers import libcrypto, pem_grid, pem_mutations
from tests.realtools import find, run
from truststore_tool import asn1, formats, readers
from truststore_tool.errors import FormatError
from truststore_tool.readers.openssl import keys

NUMBER = 3000


def test_openssl_makes_of_every_file_what_is_predicted() -> None:
    reader = readers.named("openssl3")
    found: Counter[bool] = Counter()
    for name, data in chain(pem_grid.cases(), pem_grid.odd()):
        if data[:1] == b"\x30":
            continue  # which this reader takes by another door
        reading = reader.read(data, None)
        assert reading.loads is not None, name
        assert pem_mutations.difference(libcrypto.load_file(data), reading) is None, name
        found[reading.loads] += 1
    # Neither nearly all nor nearly none of them load.
    assert min(found.values()) > 200


def test_openssl_makes_of_damaged_files_what_is_predicted() -> None:
    outcome = pem_mutations.compare(NUMBER, seed=2)
    assert [what for _, what in outcome.differing] == []
    # Neither are all too damaged to say anything, nor does "unknown" pass for a prediction.
    assert outcome.loading > NUMBER / 20
    assert outcome.unknown < NUMBER / 40


def test_a_tag_of_more_octets_than_it_needs_is_not_judged() -> None:
    signed, algorithm, signature = (part.raw for part in asn1.read(pem_grid.ONE).children())
    data = pem_grid.block(asn1.sequence(signed, algorithm, b"\x1f" + signature))
    assert not libcrypto.load_file(data).reasons
    assert readers.named("openssl3").read(data, None).loads is None


def test_the_curves_are_those_that_openssl_lists() -> None:
    listed = re.findall(r"^  (\S+) *:", run(find("openssl"), "ecparam", "-list_curves").decode(), re.MULTILINE)
    command = (find("openssl"), "ecparam", "-param_enc", "named_curve", "-outform", "DER", "-name")
    encoded = filter(None, (run(*command, name, check=False) for name in listed))  # two have no OID
    assert {asn1.read(curve).oid() for curve in encoded} == keys.NAMED


def test_our_own_reading_of_pem_is_openssls_wherever_the_file_is_regular() -> None:
    reader = readers.named("openssl3")
    compared = 0
    for name, data in pem_grid.cases():
        try:
            store = formats.get("pem").loads(data, None)
        except FormatError:
            continue
        if store.notes or store.unread or data[:1] == b"\x30":
            continue  # which say that OpenSSL sees less, or may do
        reading = reader.read(data, None)
        if not reading.loads:
            continue
        seen = {*(reading.anchors or ()), *(left.certificate for left in reading.left_out)}
        marked = {item.certificate for item in store.distrusted}
        assert {entry.certificate for entry in store.trusted()} <= seen, name
        # What is marked as distrusted anywhere in the file is no anchor to us, however often it stands there.
        assert marked <= seen, name
        compared += 1
    assert compared > 300
