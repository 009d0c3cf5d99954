"""Map: join a bucket's rows into canonical records. A bad value is dropped with a reason, a bad record is parked with one."""
