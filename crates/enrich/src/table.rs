//! Bounded tables for what is remembered of hosts, pairs and names.

pub(crate) use bounded::Table;
