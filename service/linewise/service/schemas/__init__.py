"""What goes in and out of the HTTP interface, for the service and for its client; needs neither a server nor numpy.

Requests are pydantic models, strict and closed: no coercion, no unknown field. Answers are typed dicts:
pydantic serialises them from plain dicts at several times the speed of models, and a text may have 200,000
lines.
"""
