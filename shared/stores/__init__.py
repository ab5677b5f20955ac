"""What HighLevel's client wants kept, in Redis for all processes: a location's OAuth tokens and its custom fields."""
