"""Criteria -> one query for all, an explanation for one, sentences for everybody."""
