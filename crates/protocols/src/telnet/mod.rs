//! Telnet: so far the virtual terminal that FTP shares with it.

pub mod nvt;
