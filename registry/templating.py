"""The one Jinja environment of pages and documents: autoescape, no undefined names, texts in the reader's language."""

from functools import cache

import jinja2
from markupsafe import Markup

from registry import __version__, texts
from registry.settings import PROJECT

TEMPLATES = PROJECT / "templates"


@cache
def environment() -> jinja2.Environment:
    """The environment over `templates/`."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_callables(texts._, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(
        money=texts.format_money,
        kr=texts.format_kronor,
        date=texts.format_date,
        datetime=texts.format_datetime,
        number=texts.format_number,
        month=texts.format_month,
        percent=texts.format_percent,
        points=texts.format_basis_points,
        thousandths=texts.format_thousandths,
        lines=_lines,
    )
    env.globals.update(app_version=__version__, languages=list(texts.LANGUAGES.items()))
    return env


def _lines(text: str) -> Markup:
    """A text whose lines stay lines."""
    return Markup("<br>").join(text.splitlines())


def render(template: str, **context: object) -> str:
    """Render a template of `templates/` in the reader's language."""
    return environment().get_template(template).render(**context)
