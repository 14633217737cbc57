"""Changes of the database, in order; Alembic records which a project has."""
