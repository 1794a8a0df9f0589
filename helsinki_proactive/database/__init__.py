"""Django's PostgreSQL backend; what differs is said in ``base``."""
