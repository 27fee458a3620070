"""Which rules of pg_hba.conf let somebody in without TLS, as the server goes through them (src/backend/libpq/hba.c).

The first rule that fits a connection decides. A rule counts, therefore, if there is a user, a database and an address
that it fits and no rule before it does; these are looked for among all that make a difference to any of the rules.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import combinations, islice, product
from typing import Final, NamedTuple

from truststore_tool.postgres.hba_file import Rule, Word

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The kinds of rules that fit a connection over the network that is not encrypted.
_PLAIN: Final = ("host", "hostnossl", "hostnogssenc")
_REGEX_SINCE: Final = 160000  # server_version_num from which a name that begins with a slash is a regular expression
_MOST: Final = 1_000_000  # comparisons: some seconds
_MOST_EXPRESSIONS: Final = 8
_LOOPBACK: Final = ip_network("127.0.0.0/8")
_OWN: Final = (ip_address("127.0.0.1"), ip_address("::1"))


class Who(NamedTuple):
    """Somebody who might log in.

    Attributes:
        user: the role's name.
        roles: those that it is a member of, itself among them.
        database: the one that is asked for; None for physical replication.
        user_matches, database_matches: the regular expressions that the names match.
    """

    user: str
    roles: frozenset[str]
    database: str | None
    user_matches: frozenset[str] = frozenset()
    database_matches: frozenset[str] = frozenset()


class Where(NamedTuple):
    """Where a login comes from.

    Attributes:
        address: its address.
        places: what is true of that beside: ``samehost``, ``samenet``, or that a name stands for it.
    """

    address: Address
    places: frozenset[str] = frozenset()


def fits_who(rule: Rule, who: Who, version: int) -> bool | None:
    """Whether the rule is for them, wherever they come from; None where that is not known."""
    if rule.kind not in _PLAIN:
        return False
    users = _any(_is_user(word, who, version) for word in rule.users)
    databases = _any(_is_database(word, who, version) for word in rule.databases)
    return False if False in (users, databases) else None if None in (users, databases) else True


def _is_user(word: Word, who: Who, version: int) -> bool | None:
    """check_role."""
    if (keyword := word.means("all")) is not False:
        return keyword
    if version >= _REGEX_SINCE and word.text.startswith("/"):
        return word.text in who.user_matches
    if word.text.startswith("+") and not word.quoted:
        return word.text[1:] in who.roles if word.quoted is False else None
    return word.text == who.user


def _is_database(word: Word, who: Who, version: int) -> bool | None:
    """check_db: nothing but its keyword fits physical replication."""
    if who.database is None:
        return word.means("replication")
    same = {"all": True, "sameuser": who.database == who.user, "replication": False}
    same |= dict.fromkeys(("samerole", "samegroup"), who.database in who.roles)
    if word.text in same and not word.quoted:
        return same[word.text] if word.quoted is False else None
    if version >= _REGEX_SINCE and word.text.startswith("/"):
        return word.text in who.database_matches
    return word.text == who.database


def _any(found: Iterable[bool | None]) -> bool | None:
    answers = set(found)
    return True if True in answers else None if None in answers else False


def fits_where(rule: Rule, where: Where) -> bool | None:
    """Whether the rule is for whoever comes from there; None where that is not known."""
    if (keyword := rule.address.means("all")) is not False:
        return keyword
    if network := _network(rule):
        return where.address in network
    # A name, a range with holes in it, an address with a zone: what else it stands for is not known here.
    return True if rule.address.text in where.places and rule.address.quoted is False else None


def _network(rule: Rule) -> Network | None:
    """The range of addresses of a rule; None for one that has holes, and for names."""
    if rule.netmask is None:
        return None
    try:
        return ip_network(f"{rule.address.text}/{_bits(rule.netmask)}", strict=False)
    except ValueError:
        return None


def _bits(netmask: str) -> int:
    mask = ip_address(netmask)
    ones = f"{int(mask):0{mask.max_prefixlen}b}".rstrip("0")
    if "0" in ones:
        raise ValueError
    return len(ones)


def letting_in(rules: Sequence[Rule], members: Mapping[str, Iterable[str]], version: int) -> tuple[Rule, ...] | None:
    """The rules by which somebody may get in over the network without TLS, in their order.

    Args:
        rules: all that the server has, in its order.
        members: of each role those that it is a member of, directly.
        version: the server's, as server_version_num.

    A role or database that is named need not be there: it may come. None where there are too many to tell.
    """
    if sum(word.text.startswith("/") for rule in rules for word in {*rule.users, *rule.databases}) > _MOST_EXPRESSIONS:
        return None
    people = list(islice(_people(rules, members, version), _MOST + 1))
    if len(people) * len(rules) > _MOST:
        return None
    places = _places(rules)
    # Of each, the places from where no rule yet decides on them, as the bits of a number.
    left = dict.fromkeys(people, (1 << len(places)) - 1)
    found = []
    for rule in rules:
        answers = [fits_where(rule, where) for where in places]
        maybe, surely = (
            sum((answer in kind) << n for n, answer in enumerate(answers)) for kind in ((True, None), (True,))
        )
        reached = False
        for who, bits in left.items():
            fits = fits_who(rule, who, version)
            reached = reached or (fits is not False and bits & maybe != 0)
            if fits:
                left[who] = bits & ~surely
        if reached and rule.method != "reject":
            found.append(rule)
    return tuple(found)


def _all_roles(role: str, members: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """The role and those that it is a member of, directly or not."""
    found, waiting = {role}, [role]
    while waiting:
        new = [above for above in members.get(waiting.pop(), ()) if above not in found]
        found.update(new)
        waiting += new
    return frozenset(found)


# Names that nobody has.
_ANYBODY, _ANY_GROUP, _ANYTHING = "\0user", "\0group", "\0database"


def _people(rules: Sequence[Rule], members: Mapping[str, Iterable[str]], version: int) -> Iterator[Who]:
    """People of whom each stands for all others that the rules do not tell from them."""
    users, databases = ({word.text for rule in rules for word in words(rule)} for words in (_users, _databases))
    groups = {word[1:] for word in users if word.startswith("+")}
    named = users | databases
    kinds = {(user, _all_roles(user, members)) for user in named}
    kinds |= {(_ANYBODY, _all_roles(group, members) & {*groups, *databases}) for group in (*groups, *members)}
    kinds.add((_ANYBODY, frozenset()))
    regular = version >= _REGEX_SINCE
    user_matches, database_matches = _choices(users if regular else ()), _choices(databases if regular else ())
    for matched, matching, (user, roles) in product(user_matches, database_matches, kinds):
        member = roles | {user, _ANY_GROUP}
        for database in (None, _ANYTHING, *(databases | member)):
            yield Who(user, member, database, matched, matching)


def _users(rule: Rule) -> tuple[Word, ...]:
    return rule.users


def _databases(rule: Rule) -> tuple[Word, ...]:
    return rule.databases


def _choices(words: Iterable[str]) -> list[frozenset[str]]:
    """Which of the regular expressions among the words a name might match: any of them, for all that is known here."""
    expressions = sorted(word for word in words if word.startswith("/"))
    return [frozenset(some) for size in range(len(expressions) + 1) for some in combinations(expressions, size)]


def _places(rules: Sequence[Rule]) -> list[Where]:
    """A place in each part into which the ranges of the rules cut all addresses; each also with every name."""
    points: set[Address] = {ip_address("0.0.0.0"), ip_address("::"), *_OWN}  # noqa: S104 -- nobody listens here
    networks: list[Network | None] = [_network(rule) for rule in rules]
    for network in networks:
        if network is None:
            continue
        points.add(network[0])
        if int(network[-1]) + 1 < 2**network.max_prefixlen:
            points.add(network[-1] + 1)
    names = {rule.address.text for rule, network in zip(rules, networks, strict=True) if network is None}
    choices = [frozenset[str](), *(frozenset({name}) for name in names)]
    return list({Where(point, _with_own(point, more)) for point in points for more in choices})


def _with_own(address: Address, places: frozenset[str]) -> frozenset[str]:
    """What is true as well: a server's own addresses are in its networks, and the loopback is its own."""
    own = {"samehost"} if address in _OWN or "samehost" in places else set[str]()
    near = {"samenet"} if own or (address.version == 4 and address in _LOOPBACK) else set[str]()
    return frozenset({*places, *own, *near})
