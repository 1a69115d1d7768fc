//! What every adapter must survive: one suite for each trait, run unchanged against every adapter.
