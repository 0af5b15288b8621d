"""What a server of Flight SQL hands out: a whole table in one stream, and single rows to one client and to many."""

import subprocess
import sys
from contextlib import contextmanager

import setting as settings
from processes import HERE, Asker
from servers import NotReady, Sail, Weft
from verdicts import Verdicts, median

WHOLE = "SELECT * FROM {lineitem}"
NATION = "SELECT * FROM {nation} WHERE n_nationkey = {key}"
ORDER = "SELECT * FROM {orders} WHERE o_orderkey = {key}"
MANY = 16


def main():
    setting = settings.read(__doc__, rounds=5, seconds=4.0)
    settings.publish(setting)
    verdicts = Verdicts()
    with Weft(setting.weft, setting.mesh, setting.home) as weft, Sail(setting.tables) as sail:
        whole_table(setting, verdicts, weft, sail)
        single_rows(setting, verdicts, weft, sail)
        bare_stream(setting, verdicts, weft)
        versions = {"weft": weft.version, "sail": sail.version}
    secured_stream(setting, verdicts)
    settings.keep(setting, "serving", scale=setting.scale, rounds=setting.rounds, versions=versions,
                  verdicts=verdicts.kept)


def whole_table(setting, verdicts, weft, sail):
    with weft.asker() as ours, sail.asker() as theirs:
        own, other = streamed(setting, ours, theirs, WHOLE, WHOLE)
    told("SELECT * FROM lineitem by ADBC", own, "Sail", other)
    verdicts.at_least("SELECT * FROM lineitem by ADBC, rows/s, over Sail", own["rate"] / other["rate"], 1.6, 2.5)


def bare_stream(setting, verdicts, weft):
    own, other = by_plain_client(setting, weft)
    told("bare stream of lineitem by pyarrow.flight", own, "pyarrow.flight", other)
    verdicts.at_least("bare stream, plain, rows/s, over pyarrow.flight", own["rate"] / other["rate"], 1.0, 1.4)


def secured_stream(setting, verdicts):
    what = "bare stream, TLS, rows/s, over pyarrow.flight"
    tls = [setting.folder / name for name in ("certificate.pem", "key.pem")]
    certify(*tls)
    try:
        with Weft(setting.weft, setting.mesh, setting.home, tls) as weft:
            own, other = by_plain_client(setting, weft, tls)
    except NotReady as failure:
        return verdicts.not_measured(what, str(failure))
    told("bare stream of lineitem by pyarrow.flight, TLS", own, "pyarrow.flight", other)
    verdicts.at_least(what, own["rate"] / other["rate"], 1.2, 1.8)


def certify(certificate, key):
    """A certificate of this machine that vouches for itself, for a day."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
               "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def by_plain_client(setting, weft, tls=()):
    """Streams of Weft, and of a trivial server which holds the same rows in memory."""
    trusted = tls[:1]
    with (started("bare.py", setting.tables / "lineitem" / "rows", *tls) as (address, pid),
          Asker(sys.executable, "stream", weft.address, weft.pid, weft.names, weft.token, *trusted) as ours,
          Asker(sys.executable, "stream", address, pid, "{}", "", *trusted) as theirs):
        return streamed(setting, ours, theirs, WHOLE, "lineitem")


@contextmanager
def started(script, *arguments):
    """A server of these scripts while the block runs: its address, which it tells in its first line, and its process."""
    server = subprocess.Popen([sys.executable, HERE / script, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip(), server.pid
    finally:
        server.terminate()
        server.wait()


def streamed(setting, ours, theirs, our_sql, their_sql):
    """Medians of rows and GiB per second of both, turn by turn; a first round is not measured."""
    taken = []
    for n in range(setting.rounds + 1):
        both = {}
        for asker, sql in [(ours, our_sql), (theirs, their_sql)][:: -1 if n % 2 else 1]:
            both[asker] = asker.ask(sql=sql)
        if both[ours]["rows"] != both[theirs]["rows"]:
            sys.exit(f"refused to compare: {both[ours]['rows']} rows and {both[theirs]['rows']}")
        if n > 0:
            taken.append(both)
    return [{"rate": median([both[of]["rows"] / both[of]["wall"] for both in taken]),
             "gib": median([both[of]["bytes"] / 2**30 / both[of]["wall"] for both in taken]),
             "cpu": median([both[of]["cpu"] for both in taken])} for of in (ours, theirs)]


def told(what, own, peer, other):
    print(f"{what}: {own['rate'] / 1e6:.2f} M rows/s, {own['gib']:.2f} GiB/s, {own['cpu']:.2f} s of processor; "
          f"{peer} {other['rate'] / 1e6:.2f} M, {other['gib']:.2f}, {other['cpu']:.2f}", flush=True)


def single_rows(setting, verdicts, weft, sail):
    orders = keys_of_orders(setting)
    with clients(weft) as ours, clients(sail) as theirs:
        def asked(sql, keys, many):
            return by_turns(setting, ours, theirs, sql=sql, keys=keys, clients=many, seconds=setting.seconds)

        own, other = asked(NATION, list(range(25)), 1)
        verdicts.at_most("one row by ADBC, 1 client, p50, over Sail", own["p50"] / other["p50"], 0.4, 0.3)
        own, other = asked(NATION, list(range(25)), MANY)
        verdicts.at_least("one row by ADBC, 16 clients, queries/s, over Sail", own["rate"] / other["rate"], 2.5, 4)
        without_work(setting, verdicts, theirs)
        own, other = asked(ORDER, orders, 1)
        verdicts.at_most("one order of 1.5 M by key, 1 client, p50, over Sail", own["p50"] / other["p50"], 0.4, 0.2)


def without_work(setting, verdicts, theirs):
    """What is left where the server does nothing, which is no goal: it shows how far a goal can be reached."""
    with (started("idle.py") as (address, _),
          Asker(sys.executable, address, "{}", "", script="clients.py") as idle):
        for many, of, what in [(1, "p50", "1 client, p50"), (MANY, "rate", f"{MANY} clients, queries/s")]:
            own, other = by_turns(setting, idle, theirs, sql=NATION, keys=[3], clients=many,
                                  seconds=setting.seconds, name="idle")
            verdicts.for_comparison(f"one row by ADBC of an idle server, {what}, over Sail", own[of] / other[of])


def keys_of_orders(setting):
    """Some of the keys; TPC-H takes eight of every 32."""
    return [n // 8 * 32 + n % 8 for n in range(1, int(1_500_000 * float(setting.scale)), 77)]


def clients(server, tokens=None):
    return Asker(sys.executable, server.address, server.names, tokens or server.token, script="clients.py")


def by_turns(setting, ours, theirs, name="weft", **request):
    """Medians of both; a first round is not measured."""
    rounds = []
    for n in range(setting.rounds + 1):
        both = {asker: asker.ask(**request) for asker in (ours, theirs)[:: -1 if n % 2 else 1]}
        if broken := [one["reason"] for one in both.values() if one["broken"]]:
            sys.exit(f"a client broke off: {broken[0]}")
        if n > 0:
            rounds.append(both)
    own, other = ({of: median([both[asker][of] for both in rounds]) for of in ("p50", "p99", "rate")}
                  for asker in (ours, theirs))
    shown = f"{request['clients']} of {request['sql']}"
    for of, one in ((name, own), ("sail", other)):
        print(f"{shown}, {of}: p50 {one['p50']:.2f} ms, p99 {one['p99']:.2f} ms, "
              f"{one['rate']:.0f} queries/s", flush=True)
    return own, other


if __name__ == "__main__":
    main()
