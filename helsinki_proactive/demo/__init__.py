"""The demo: a whole preschool round in a synthetic city, on the real servers and processes.

``processes`` starts what a city runs, ``city`` fills it, ``caseworkers`` run the round through the
services the admin uses, ``families`` read and answer what reaches their phones and mailboxes, and
``report`` sets this run's figures beside Helsinki's published ones.
"""
