"""pgjdbc's reading of PEM: what generateCertificates of a JDK makes of each file is what is predicted."""

from tests.readers import pem_grid
from truststore_tool import readers


def test_pgjdbc_refuses_files_that_others_read() -> None:
    one = pem_grid.block(pem_grid.ONE)
    reader = readers.named("pgjdbc")
    assert [c.der for c in reader.read(one, None).anchors or ()] == [pem_grid.ONE]
    for key in pem_grid.keys().values():
        reading = reader.read(key + one, None)
        assert reading.loads is False
        assert reading.error == "Loading the SSL root certificate into a TrustManager failed."
    assert readers.named("libpq").read(pem_grid.keys()["PKCS#8"] + one, None).loads is True
    joined = (one + one).replace(b"-----\n-----BEGIN", b"----------BEGIN")
    assert readers.named("libpq").read(joined, None).loads is False
