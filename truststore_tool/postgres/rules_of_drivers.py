"""What the clients do that are neither libpq nor the JDBC driver, as `rules` has it of these.

Those of asyncpg, pg8000 and node-postgres were tried; those of Npgsql, lib/pq and pgx are only documented.
"""

from typing import Final

from truststore_tool.postgres.rules import RULES, Rule

_ASYNCPG: Final = "asyncpg, connect_utils.py (_parse_connect_dsn_and_args)"
_NODE: Final = "node-postgres, pg-connection-string (index.js)"
_NPGSQL: Final = "Npgsql documentation, Security and Encryption (documented only)"
_PQ: Final = "lib/pq documentation, Connection String Parameters (documented only)"
_PGX: Final = "pgx documentation, pgconn.ParseConfig (documented only)"

_DRIVERS: Final = (
    Rule("asyncpg-default", "no mode is set, and the default is prefer", _ASYNCPG),
    Rule("asyncpg-disable", "sslmode=disable never uses TLS", _ASYNCPG),
    Rule("asyncpg-allow", "sslmode=allow connects without TLS, and tries TLS when the server refuses that", _ASYNCPG),
    Rule(
        "asyncpg-prefer",
        "sslmode=prefer uses TLS when the server offers it, goes on without when it does not, and verifies nobody;"
        " unlike libpq it never looks at a root file",
        _ASYNCPG,
    ),
    Rule("asyncpg-require", "sslmode=require insists on TLS, and without a root file verifies nobody", _ASYNCPG),
    Rule("asyncpg-require-root", "as a root file is there, sslmode=require acts as verify-ca", _ASYNCPG),
    Rule("asyncpg-verify-ca", "sslmode=verify-ca verifies the chain, and takes any host name", _ASYNCPG),
    Rule("asyncpg-verify-full", "sslmode=verify-full verifies the chain and the host name", _ASYNCPG),
    Rule("asyncpg-root-default", "the root file is ~/.postgresql/root.crt unless sslrootcert names another", _ASYNCPG),
    Rule("asyncpg-root-unusable", "the root file is there, and Python's ssl reads nothing to verify by", _ASYNCPG),
    Rule(
        "asyncpg-arguments",
        "SQLAlchemy passes the parameters of the URL to asyncpg.connect, which takes ssl (a mode of libpq's) and"
        " neither sslmode nor sslrootcert",
        "SQLAlchemy, Dialects, PostgreSQL, asyncpg; asyncpg.connect",
    ),
    Rule("asyncpg-settings", "what asyncpg does not know in a DSN it sends to the server as a setting", _ASYNCPG),
    Rule(
        "pg8000-default",
        "without ssl_context pg8000 uses TLS when the server offers it, goes on without when it does not, and verifies"
        " nobody",
        "pg8000, core.py (_make_socket)",
    ),
    Rule(
        "pg8000-context",
        "ssl_context is an object of Python's ssl, which no URL can hold; there is no sslmode",
        "pg8000 documentation, pg8000.dbapi.connect",
    ),
    Rule("node-default", "neither sslmode nor ssl is set, and pg then never uses TLS", _NODE),
    Rule("node-disable", "TLS is switched off", _NODE),
    Rule("node-no-verify", "no-verify insists on TLS and verifies nobody", _NODE),
    Rule(
        "node-compatible",
        "with uselibpqcompat=true, prefer and require verify nobody, require with sslrootcert and verify-ca the chain",
        _NODE,
    ),
    Rule(
        "node-alias",
        "pg 8 takes any mode but disable and no-verify for verify-full; pg 9 is going to do as libpq does",
        _NODE,
    ),
    Rule("node-chain", "the chain is verified, and any host name is taken", _NODE),
    Rule("node-verify-full", "the chain and the host name are verified", _NODE),
    Rule("node-roots", "without sslrootcert the authorities are those that Node brings", "Node.js, tls.connect, ca"),
    Rule(
        "node-lax",
        "NODE_TLS_REJECT_UNAUTHORIZED=0 makes Node verify nobody",
        "Node.js, Command-line API, NODE_TLS_REJECT_UNAUTHORIZED",
    ),
    Rule(
        "node-insists", "where the server offers no TLS, pg does not go on without", "node-postgres, pg (connection.js)"
    ),
    Rule("npgsql-default", "SSL Mode is not set, and the default is Prefer", _NPGSQL),
    Rule("npgsql-verifies", "VerifyCA verifies the chain, VerifyFull the host name, too", _NPGSQL),
    Rule("npgsql-does-not-verify", "Disable, Allow, Prefer and, since version 8, Require verify nobody", _NPGSQL),
    Rule("lib-pq-default", "sslmode is not set, and the default is require", _PQ),
    Rule(
        "lib-pq-verifies", "verify-ca, and require with sslrootcert, verify the chain, verify-full the name, too", _PQ
    ),
    Rule("lib-pq-does-not-verify", "disable uses no TLS, and require without sslrootcert verifies nobody", _PQ),
    Rule("pgx-default", "sslmode is not set, and the default is prefer", _PGX),
    Rule("pgx-verifies", "verify-ca, and require with a root file, verify the chain, verify-full the name, too", _PGX),
    Rule("pgx-does-not-verify", "disable, allow and prefer verify nobody, nor does require without a root file", _PGX),
)
EVERY: Final = {**RULES, **{rule.code: rule for rule in _DRIVERS}}
