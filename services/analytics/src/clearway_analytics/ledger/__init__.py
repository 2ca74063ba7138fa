"""What is kept of incidents and routes, and the rules by which it is read, locked and changed.

Locks are always taken in this order, so that no two transactions wait for each other: the mission's row, the
incident's row, the states of routes by route id.
"""
