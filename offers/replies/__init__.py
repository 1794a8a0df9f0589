"""Reading an answer, matching it to an offer, deciding."""
