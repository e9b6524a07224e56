//! TLS for listeners: rustls with ring, certificates from files.

use crate::settings::Tls;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Certificates of one file at most: a chain, or an organisation's roots.
const CERTIFICATES_MAX: usize = 1_000;

/// What a listener shows, and whom it trusts.
///
/// # Errors
/// Where a file cannot be read, or does not fit the others; the error names it.
pub(super) fn config(tls: &Tls) -> io::Result<Arc<ServerConfig>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().map_err(io::Error::other)?;
    let builder = match &tls.clients {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(path)? {
                roots.add(root).map_err(|error| of(path, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| of(path, &error))?)
        }
    };
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| of(&tls.key, &error))?;
    let config = builder.with_single_cert(certificates(&tls.certificate)?, key);
    Ok(Arc::new(config.map_err(|error| of(&tls.certificate, &error))?))
}

fn certificates(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_file_iter(path).map_err(|error| of(path, &error))?;
    let all: Vec<_> = all.take(CERTIFICATES_MAX).collect::<Result<_, _>>().map_err(|error| of(path, &error))?;
    if all.is_empty() { Err(of(path, &"no certificate")) } else { Ok(all) }
}

fn of(path: &Path, error: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()))
}
