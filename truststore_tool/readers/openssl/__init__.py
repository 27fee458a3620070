"""OpenSSL as a reader, and the programs that read with it: libpq, Python's ssl, Node."""
