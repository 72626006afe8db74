"""The JSON file: schema, versions, one atomic writer, journal, recovery."""
