"""Words of templates that no catalog can say are found, and what is the same in every language is let be."""

import pytest

from tools.bare_words import bare


@pytest.mark.parametrize(
    "text,line",
    [
        ("<p>\n{{ _('All') }}\nLook here</p>", 3),
        ('<a href="{{ x }}" title="Look">{{ y }}</a>', 1),
        ("<img\n alt='A hill'>", 1),
        ("<option{% if x %} selected{% endif %}>Two</option>", 1),
        ("<{{ 'b' if x else 'i' }} class=\"c\">Word</{{ 'b' if x else 'i' }}>", 1),
        ("<code>let be</code><span>not so</span>", 1),
        ("<input placeholder='Name'>", 1),
        ("<p data-words='{{ _(\"Here\") }}'></p>", 1),
    ],
)
def test_a_bare_word_is_told_with_its_line(text: str, line: int) -> None:
    assert [found for found, _ in bare(text)] == [line]


@pytest.mark.parametrize(
    "text",
    [
        '<p title="{{ _("Look") }}" data-kind="warn">{{ _("Look") }}: {{ many }} \u00d7 12 px, 4%</p>',
        "<title>{{ title }} \u00b7 Limner</title><b>PNG</b><b>WebP</b>",
        "<kbd>Ctrl K</kbd><code>limner serve</code><style>p { color: red }</style><!-- a remark -->{# another #}",
        '<b lang="en">English words</b><b translate="no">Sam</b>',
        '<a href="/x">openapi.json</a><input placeholder="https://example.com/hook"><input placeholder="lim_...">',
        '{% macro dressed(tile) %}data-tone="{{ tile.tone }}"{% endmacro %}',
        "<p data-words='{{ words }}' class='a b'></p>",
    ],
)
def test_what_every_language_says_alike_is_let_be(text: str) -> None:
    assert list(bare(text)) == []
