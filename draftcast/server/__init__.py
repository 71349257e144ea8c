"""How the application is served: uvicorn's connections with bounds, and their time limits."""
