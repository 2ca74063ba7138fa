"""What of the record goes to the public: coarse areas, in editions."""
