"""Bars of tqdm in logs."""

import pytest

from limner.wire.progress_bars import share_done


@pytest.mark.parametrize(
    "logs, share",
    [
        ("", None),
        ("Using seed: 42\nLoaded in 100% of the time | maybe", None),
        (" 52%|█████▏    | 26/50 [00:01<00:01, 17.20it/s]", 0.52),
        ("  0%|          | 0/4 [00:00<?, ?it/s]\n100%|██████████| 4/4 [00:00<00:00]\nDone\n", 1.0),
        ("100%|██████████| 4/4 [00:00<00:00]\n  5%|▌         | 1/20 [00:00<00:01]", 0.05),
    ],
)
def test_the_last_bar_counts(logs: str, share: float | None) -> None:
    assert share_done(logs) == share
