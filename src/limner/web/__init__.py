"""The studio's pages: written whole on the server, enlivened by small scripts."""
