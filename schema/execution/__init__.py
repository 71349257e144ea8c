"""How operations are executed: parsed, weighed, compiled, and shared between subscribers."""
