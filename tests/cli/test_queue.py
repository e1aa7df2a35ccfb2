"""The queue at the command line: paused, what would be waited for in vain is told at once."""

from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner

PAID = ("generate", "a cat", "-m", "openai/gpt-image-2", "--quality", "low", "--yes", "--no-show", "--json")


def test_a_paused_queue_buys_nothing_and_says_so_at_once(limner: Limner, shop: OpenAIStandIn) -> None:
    assert "goes on: 0 waiting, 0 running" in limner("queue", "show").out
    paused = limner("queue", "pause", "--json").document
    assert (bool(paused["paused"]), paused["queued"], paused["running"]) == (True, 0, 0)
    for command in (PAID, ("generate", "a fox", "-m", "sketch", "--json")):
        refused = limner(*command)
        assert (refused.code, refused.document["error"]["code"]) == (3, "queue_paused")
        assert "limner queue resume" in refused.err
    assert limner("history", "--json").document["images"] == []
    assert "is paused since" in limner("queue", "show").out
    assert "goes on" in limner("queue", "resume").out
    assert limner(*PAID).code == 0
    assert shop.purchases == 1
    job = limner("history", "--json").document["images"][0]["job_id"]
    assert "succeeded" in limner("queue", "front", job).err
    assert limner("queue", "front", "no such job").code == 1
