"""What the tests stand on: checks in order, a temporary PostgreSQL, translations, PDF validation."""
