"""The TLS side of PostgreSQL: what a server shows, what clients verify, and whether a store trusts the server."""
