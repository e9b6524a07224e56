//! The command line: to be written.
fn main() {}
