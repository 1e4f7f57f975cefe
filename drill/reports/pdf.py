"""The HTML report on paper, by WeasyPrint: an extra, `pip install drill[pdf]`."""

from __future__ import annotations

from typing import NoReturn

from drill.errors import CannotRun

HINT = (
    "pip install 'drill[pdf]', and Pango of the system (Debian: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)"
)


def pdf(html: str) -> bytes:
    """The document as PDF, A4. CannotRun where WeasyPrint or what it needs of the system is not there."""
    try:
        import weasyprint
    except (ImportError, OSError) as absent:  # OSError: a library of the system
        raise CannotRun(f"no PDF can be made: {absent}", hint=HINT) from absent
    made: bytes = weasyprint.HTML(string=html, url_fetcher=_refused).write_pdf()
    return made


def available() -> str:
    """The version of WeasyPrint; CannotRun where no PDF can be made."""
    try:
        import weasyprint
    except (ImportError, OSError) as absent:
        raise CannotRun(f"no PDF can be made: {absent}", hint=HINT) from absent
    return str(weasyprint.__version__)


def _refused(address: str, *_: object, **__: object) -> NoReturn:
    """The report asks for nothing; if it ever did, nothing would be fetched."""
    raise ValueError("a report loads nothing")
