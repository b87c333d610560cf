"""Work that is done shard by shard: in this process, in processes, on a Ray cluster, or a share of it by any scheduler."""
