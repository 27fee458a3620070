"""Password-based encryption and key derivation, as the formats use them (RFC 7292, RFC 8018)."""
