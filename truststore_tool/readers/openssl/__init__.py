"""OpenSSL as a reader, and the programs that are OpenSSL behind other doors: libpq, Python's ssl, Node."""
