"""PEM as OpenSSL reads it: the functions of this machine's library say what is right."""

from collections import Counter

from tests.readers import libcrypto, pem_grid, pem_mutations
from truststore_tool import readers


def test_openssl_makes_of_every_file_what_is_predicted() -> None:
    reader = readers.named("openssl3")
    found: Counter[bool] = Counter()
    for name, data in pem_grid.cases():
        if data[:1] == b"\x30":
            continue  # which this reader takes by another door
        reading = reader.read(data, None)
        assert reading.loads is not None, name
        assert pem_mutations.difference(libcrypto.load_file(data), reading) is None, name
        found[reading.loads] += 1
    # Neither nearly all nor nearly none of them load.
    assert min(found.values()) > 200
