"""PKCS#12 (RFC 7292, RFC 9579), read and written bag by bag as OpenJDK's PKCS12KeyStore does."""
