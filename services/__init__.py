"""The work itself: it knows neither GraphQL nor how HTTP is served."""
