"""The built-in artist `sketch`: a procedural artist, not an AI model.

It paints from the words of a prompt with noise, palettes and small drawn shapes; it needs no
key, no network and no model, and the same commission gives the same bytes.
"""

from limner.artist.commission import FORMATS, OPERATIONS, Artwork, Commission, Preview, Report, Stopped
from limner.artist.painter import paint

__all__ = ["FORMATS", "OPERATIONS", "Artwork", "Commission", "Preview", "Report", "Stopped", "paint"]
