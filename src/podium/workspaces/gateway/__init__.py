"""The model gateway: what an agent in a sandbox finds where it expects its model's provider."""
