"""Bringing up somebody's copy in a sandbox, and holding it against the seal of the server that it was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg
from psycopg import sql

from drill.digest import Form
from drill.dumped import as_dumped
from drill.dumpfile import sha256
from drill.errors import ScenarioError, StepFailed, Unloadable
from drill.evidence import Holdings
from drill.hosts import Premises
from drill.hosts.scratch import scratch
from drill.looking import Looking, absent, doubted, of_databases
from drill.moment import Doubts
from drill.offered import Offered
from drill.seals import How, Sealed
from drill.sites.discretion import of_error
from drill.sites.letters import Letters, due_to_locale, of_another_locale
from drill.sites.loading import Loading, create_roles, create_tablespaces, statements_about
from drill.sites.site import Site
from drill.verdict import Finding, Verdict
from drill.verified import COPY, Verified

_UNCHECKED = (
    "owners, rights and settings of the databases themselves: no part of such a dump",
    "versions of extensions: a dump does not hold them",
)
_NO_LOG = "the nonce of the seal: a dump holds no log"
_UNSAFE = {"fsync": "off", "full_page_writes": "off"}  # nothing of it is to outlive a crash
_ABSENT = "the copy has no dump of it"


@dataclass(frozen=True)
class Verification:
    """What is to be verified, against what, where."""

    offered: Offered
    sealed: Sealed | None
    premises: Premises
    allowed: frozenset[str] = frozenset()
    jobs: int = 2

    def run(self, tell: Callable[[str], None]) -> Verified:
        """Restore, look, judge. What the copy cannot do is a finding; what this machine cannot do is an error."""
        offered = self.offered.named(frozenset(self.sealed.databases)) if self.sealed else self.offered
        looking = Looking(self._loosened(offered), self.premises, self.jobs, offered.roles is not None)
        return looking.judged(offered, lambda site: self._found(offered, looking, site, tell), self._unchecked())

    def _unchecked(self) -> tuple[str, ...]:
        if self.sealed is None:
            return _UNCHECKED
        views = sorted(f"{view} of {name}" for name, seal in self.sealed.databases.items() for view in seal.views)
        anew = (f"what is in materialized views, which loading a dump fills anew: {', '.join(views)}",) if views else ()
        left = ", ".join(map(str, self.sealed.prepared or ()))
        unfinished = (f"what was prepared and not yet committed, which no dump holds: {left}",) if left else ()
        return (*_UNCHECKED, *anew, *unfinished, *([] if self.sealed.nonce is None else [_NO_LOG]))

    def _loosened(self, offered: Offered) -> Sealed | None:
        """The seal, with what a copy that it was not taken with need not hold marked as such."""
        if self.sealed is None:
            return None
        if missing := sorted(offered.dumps.keys() - self.sealed.databases.keys()):
            hint = f"a file is named after its database; sealed were: {', '.join(sorted(self.sealed.databases))}"
            raise ScenarioError(f"the seal knows nothing of {', '.join(missing)}", hint=hint)
        major = int(self.premises.postgres.partition(".")[0])
        return self._doubts().marked(self.sealed.loosened(_doubt(self.sealed, major), major))

    def _doubts(self) -> Doubts:
        """Nothing need be as sealed where the dump may be of another moment."""
        if self.sealed is None or self.sealed.how is How.DUMPED:
            return Doubts()
        return Doubts.of_all(self.sealed, _ANOTHER_MOMENT)

    def _found(self, offered: Offered, looking: Looking, site: Site, tell: Callable[[str], None]) -> Iterator[Finding]:
        tell("starting an empty server")
        site.start(site.initialise("data", "--no-sync"), _UNSAFE)
        sealed, expected = looking.sealed, looking.expected(offered.dumps)
        yield from _manifest(offered, sealed)
        unset = dict[str, str]()
        yield from self._roles(offered, sealed, site, unset)
        if offered.whole:
            yield from absent(expected.keys() - offered.dumps.keys(), _RESTORED, _ABSENT, self._doubts().shared)
        else:
            expected = {name: seal for name, seal in expected.items() if name in offered.dumps}
        holdings: dict[str, Holdings] = {}
        for name in offered.dumps:
            tell(f"restoring {name}")
            elsewhere, restored = _restored(offered, name, site, _letters(sealed, name))
            yield restored
            if restored.verdict is Verdict.MET:
                tell(f"looking at {name}")
                holdings[name] = looking.at(name, site)
            if elsewhere:
                expected = {**expected, name: of_another_locale(expected[name], elsewhere)}
        yield from of_databases(
            {name: as_dumped(seal, holdings.get(name)) for name, seal in expected.items()}, holdings
        )
        besides = statements_about(site.officer, offered.roles) if offered.roles else ()
        for finding in looking.of_shared(site, besides, unset):
            yield doubted(finding, self._doubts().shared)

    def _roles(self, offered: Offered, sealed: Sealed | None, site: Site, unset: dict[str, str]) -> Iterator[Finding]:
        """Those of the copy; where it has none, shells of those that were sealed, so that the rest can be seen.

        To `unset` it adds, by role, why something cannot be set for it here.
        """
        if offered.roles is not None:
            try:
                unset |= create_roles(site, offered.roles)
            except Unloadable as refused:
                yield Finding("roles", COPY, Verdict.MISSED, _ROLES, str(refused), f"{refused}; {refused.hint}")
            return
        lacking = sorted(sealed.shared.get("roles", {}).keys() - {sealed.superuser}) if sealed else []
        with site.console() as console:
            for role in lacking:
                console.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
        if broken := offered.roles_broken:
            yield Finding("roles", COPY, Verdict.MISSED, _ROLES, broken, f"{broken}.")
        elif lacking:
            yield _without_roles(lacking, allowed="roles" in self.allowed)


def _without_roles(lacking: Sequence[str], *, allowed: bool) -> Finding:
    actual = f"none; {len(lacking)} were sealed: {', '.join(lacking[:8])}"
    says = "The copy holds no roles, so it could not be brought back alone: pg_dumpall --globals-only writes them"
    says += ", or accept it with --allow roles."
    return Finding("roles", COPY, Verdict.MET if allowed else Verdict.MISSED, _ROLES, actual, says)


def _doubt(sealed: Sealed, major: int) -> str | None:
    """Why nobody can say what a table of a dump must hold on a server of that version; None where it is known."""
    if sealed.form is Form.NATIVE and major != sealed.major:
        return f"its digest is that of PostgreSQL {sealed.major} and means nothing on {major}; seal it --portable"
    return None


_ANOTHER_MOMENT = "whether the dump is of the moment of the seal is not known; seal it --with-dump"
_ROLES = "the roles of the sealed server"
_RESTORED = "it loads into an empty server, without an error"


def _letters(sealed: Sealed | None, name: str) -> Letters:
    """Those of the sealed database: rows are digested in them, and what its expressions say depends on its locale."""
    shared = sealed.shared if sealed else {}
    return Letters.read(shared.get("encodings", {}).get(name), shared.get("locales", {}).get(name))


def _restored(offered: Offered, name: str, site: Site, letters: Letters) -> tuple[str, Finding]:
    """Loaded into a database of its name, or why it cannot be; with why that is not as it was at home."""
    elsewhere = ""
    try:
        with ExitStack() as opened:
            dump = offered.dumps[name]
            if dump.packing is not None:
                dump = dump.unpacked(opened.enter_context(scratch()))
            loading = Loading(dump, name, offered.roles)
            loading.prove_whole()
            elsewhere = letters.create(site, name)
            create_tablespaces(site, dump)
            loading.load(site, lambda: letters.create(site, name))
    except Unloadable as refused:
        verdict = Verdict.UNKNOWN if refused.lacking else Verdict.MISSED
        found = Finding("restored", name, verdict, _RESTORED, str(refused), f"{refused}. {refused.hint}")
        return elsewhere, doubted(found, elsewhere if elsewhere and due_to_locale(str(refused)) else None)
    except psycopg.Error as refused:
        raise StepFailed(f"the sandbox: {of_error(refused)}", hint="see the disk and the memory") from None
    says = f"{name} was loaded without an error."
    return elsewhere, Finding("restored", name, Verdict.MET, _RESTORED, "loaded", says)


def _manifest(offered: Offered, sealed: Sealed | None) -> Iterator[Finding]:
    """Are the files the ones that were sealed, byte for byte?"""
    if sealed is None or sealed.how is not How.DUMPED:
        return
    files = {offered.path.name: offered.path} if not offered.whole else {f: offered.path / f for f in sealed.dump}
    wrong = []
    for name, path in files.items():
        fingerprint_now = sha256(path) if path.is_file() else "absent"
        if fingerprint_now not in ([sealed.dump.get(name)] if offered.whole else sealed.dump.values()):
            wrong.append(f"{name} is {'missing' if fingerprint_now == 'absent' else 'not the file that was sealed'}")
    verdict = Verdict.MISSED if wrong else Verdict.MET
    actual = "; ".join(wrong) or f"{len(files)} files as sealed"
    yield Finding(
        "manifest", COPY, verdict, "each file as sealed (SHA-256)", actual, f"The files of the copy: {actual}."
    )
