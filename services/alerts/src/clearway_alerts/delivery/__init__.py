"""From an incident to a receiver's wire: the pipeline, the queue of deliveries, and the webhook."""
