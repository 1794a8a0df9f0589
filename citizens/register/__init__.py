"""The population register's files: their format, and how they get into the database."""
