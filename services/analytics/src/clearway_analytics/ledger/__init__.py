"""What is kept of missions, routes and incidents, and the rules by which it is read and changed."""
