"""A synthetic Helsinki, written as the register's own files."""
