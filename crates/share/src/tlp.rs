//! The Traffic Light Protocol 2.0 (FIRST, 2022), with the ids that OASIS gave its marks for STIX 2.1.

use serde_json::{Value, json};

/// Who may see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tlp {
    /// Everybody.
    Clear,
    /// The receivers' community.
    Green,
    /// The receivers' organisation and its customers, as they need it.
    #[default]
    Amber,
    /// The receivers' organisation only.
    AmberStrict,
    /// The receivers themselves only.
    Red,
}

/// The extension that carries version 2.0.
const EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

impl Tlp {
    /// Its name in lower case, as tags write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::AmberStrict => "amber+strict",
            Self::Red => "red",
        }
    }

    /// The id of its mark in STIX.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Clear => "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
            Self::Green => "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
            Self::Amber => "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
            Self::AmberStrict => "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
            Self::Red => "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
        }
    }

    /// The mark as an object of STIX.
    pub(crate) fn object(self) -> Value {
        json!({
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": self.id(),
            "created": "2022-10-01T00:00:00.000Z",
            "name": format!("TLP:{}", self.name().to_ascii_uppercase()),
            "extensions": { EXTENSION: { "extension_type": "property-extension", "tlp_2_0": self.name() } },
        })
    }
}
