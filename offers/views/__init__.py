"""What comes in over HTTP: the family's pages and the providers' webhooks."""
