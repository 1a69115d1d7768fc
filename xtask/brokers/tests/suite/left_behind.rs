//! Nothing of a broker is left, however its owner ends.

#[test]
fn todo() {}
