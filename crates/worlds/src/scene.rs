//! The scenes, one file for each protocol or deed.

pub(crate) mod bot;
pub(crate) mod certificate;
pub(crate) mod dhcp;
pub(crate) mod dns;
pub(crate) mod irc;
pub(crate) mod mail;
pub(crate) mod ntp;
pub(crate) mod pe;
pub(crate) mod ssh;
pub(crate) mod tls;
pub(crate) mod web;
