"""Run and data to what was learned."""
