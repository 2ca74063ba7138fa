"""The commands of the incidents service."""
