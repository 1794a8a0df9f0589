"""Rounds: preview, approve, generate, remind, close, figures."""
