"""Speech in bulk, and corpora in shards."""
