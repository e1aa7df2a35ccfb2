"""Values and protocols every floor shares; standard library only."""
