"""Work on many items or shards: in this process, in processes, on a Ray cluster, or a share of it by any scheduler."""
