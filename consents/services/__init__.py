"""Verbs: what is done with purposes, objections and the record of use."""
