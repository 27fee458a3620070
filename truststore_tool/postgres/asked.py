"""The process in which libpq talks to a server: `asking` starts it, gives it lines of JSON and gets as many back.

It must not matter what becomes of it. libpq reads whatever a server sends, however much, and computes for as long as
the server demands (the iterations of SCRAM): this process may take only so much memory, and can be killed.
"""

import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

MOST_MEMORY: Final = 24 << 20  # bytes by which the process may grow
TOO_MUCH: Final = f"it sends more than {MOST_MEMORY >> 20} MB, or needs as much: that is no answer"
_MOST_ROWS: Final = 20_000  # more sessions than servers have
_MOST_TEXT: Final = 8 << 20  # bytes of all values of an answer
_LONGEST_LINE: Final = 500
_SECRETS: Final = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")

Answer = dict[str, object]


def main() -> None:
    """Say that it is there; log in with the parameters in the first line; then answer a query a line, until the end.

    Whatever happens is told in an answer, or by ending without one; a traceback might show what is not to be shown.
    """
    try:
        _serve()
    except Exception:
        os._exit(1)


def _serve() -> None:
    import psycopg

    answers = open(os.dup(1), "w", encoding="ascii")  # noqa: PTH123, SIM115 -- a descriptor; closed by the end
    os.dup2(2, 1)

    def say(answer: Answer) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    _bound_memory()
    say({})
    options = json.loads(sys.stdin.readline())
    secrets = [options[key] for key in _SECRETS if options.get(key)] + [os.environ.get("PGPASSWORD", "")]
    try:
        # psycopg's own way to log in, as it gives each of several hosts its time.
        session = psycopg.connect(**options, autocommit=True)
    except psycopg.ProgrammingError as exc:
        say({"wrong": _line(str(exc), secrets)})
        return
    except psycopg.Error as exc:
        say({"error": _line(str(exc), secrets + _found(exc.pgconn))})
        return
    secrets += _found(session.pgconn)
    session.pgconn.nonblocking = 0
    software = (session.pgconn.parameter_status(b"server_version") or b"").decode("utf-8", "replace")
    pid = session.pgconn.backend_pid
    say({"server_version": session.pgconn.server_version, "software": software, "backend_pid": pid})
    for line in sys.stdin:
        try:
            answer = _answer(session.pgconn.exec_(json.loads(line).encode()), secrets)
        except psycopg.Error as exc:
            answer = {"error": _line(str(exc), secrets)}
        except MemoryError:
            answer = {"error": TOO_MUCH}
        say(answer)
    session.close()


def _bound_memory() -> None:
    """Let this process grow by so much and no more, where the system knows such a limit and keeps to it."""
    with suppress(ImportError, OSError, ValueError):
        from pathlib import Path
        from resource import RLIMIT_AS, RLIMIT_CORE, setrlimit

        setrlimit(RLIMIT_CORE, (0, 0))  # it would hold the password
        now = int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        setrlimit(RLIMIT_AS, (now + MOST_MEMORY, now + MOST_MEMORY))


def _answer(result: "PGresult", secrets: list[str]) -> Answer:
    from psycopg.pq import DiagnosticField, ExecStatus

    if result.status != ExecStatus.TUPLES_OK:
        state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode("ascii", "replace")
        return {"error": _line(result.error_message.decode("utf-8", "replace"), secrets), "state": state}
    if result.ntuples > _MOST_ROWS:
        return {"error": f"its answer has more than {_MOST_ROWS} rows"}
    rows, size = [], 0
    for number in range(result.ntuples):
        values = [result.get_value(number, column) for column in range(result.nfields)]
        size += sum(map(len, filter(None, values)))
        if size > _MOST_TEXT:
            return {"error": f"its answer has more than {_MOST_TEXT >> 20} MB"}
        rows.append([None if value is None else value.decode("utf-8", "replace") for value in values])
    names = [(result.fname(column) or b"").decode("utf-8", "replace") for column in range(result.nfields)]
    return {"columns": names, "rows": rows}


def _found(libpq: "PGconn | None") -> list[str]:
    """The secrets that libpq found for itself, in a service or a password file."""
    found = libpq.info if libpq else []
    return [(item.val or b"").decode("utf-8", "replace") for item in found if item.keyword.decode() in _SECRETS]


def _line(message: str, secrets: list[str]) -> str:
    """The first line of what libpq or the server says, without a password should it be quoted."""
    text = next(iter(message.strip().splitlines()), "no reason is given")
    if "memory" in text:
        return TOO_MUCH
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        for form in (secret, quote(secret), quote(secret, safe="")):
            text = text.replace(form, "***")
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}..."
