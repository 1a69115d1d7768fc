//! Real brokers for tests: started on free loopback ports with folders of their own, killed, frozen, restarted, stopped.
