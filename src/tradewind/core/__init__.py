"""Values and pure decisions: nothing here reads a clock, a file, a socket, the environment or a database."""
