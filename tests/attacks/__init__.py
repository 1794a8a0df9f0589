"""Trying to get in. Each attack strikes a target weakened on purpose first, which it must catch."""
