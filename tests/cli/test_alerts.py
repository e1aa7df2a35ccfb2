"""Alerts on the command line, and in what the doctor says."""

import pytest

from tests.cli.conftest import Limner


def test_they_are_shown_on_the_command_line(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMNER_ALERT_REFUSALS", "1")
    monkeypatch.setenv("LIMNER_BLOCKED_WORDS", "wasp")
    assert "There was none." in limner("alerts").err
    assert "alerts: none within a day" in limner("doctor").out
    assert limner("generate", "a wasp", "-m", "sketch").code == 3
    assert "1 requests or pictures were refused" in limner("alerts").out
    (alert,) = limner("alerts", "--kind", "abuse", "--json").document["alerts"]
    assert (alert["kind"], alert["subject"]) == ("abuse", "You")
    assert "alerts: 1 within a day" in limner("doctor").out
