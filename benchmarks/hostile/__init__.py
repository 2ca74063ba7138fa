"""What a mission waits while another one sends the worst that is accepted."""
