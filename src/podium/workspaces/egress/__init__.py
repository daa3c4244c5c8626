"""The proxy by which a sandbox reaches the hosts that its project names, and no other."""
