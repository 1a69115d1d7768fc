//! TLS from PEMs that are texts: the client library itself would only take files.

use std::sync::Arc;

use async_nats::rustls::crypto::ring;
use async_nats::rustls::pki_types::pem::PemObject;
use async_nats::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use async_nats::rustls::{ClientConfig, RootCertStore};

use crate::environment::Pems;

/// How a connection over TLS is made; or what is wrong with the PEMs.
pub(super) fn config(pems: &Pems) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match &pems.ca {
        Some(ca) => {
            for certificate in certificates("ca", ca)? {
                roots.add(certificate).map_err(|error| format!("`ca` cannot be used: {error}"))?;
            }
        }
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    if roots.is_empty() {
        return Err("this system knows no certificate authority: say with `ca` which one the server's is of".to_owned());
    }
    // The provider by name: where a program has several, none of them is the default.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| format!("TLS: {error}"))?;
    let builder = builder.with_root_certificates(roots);
    let Some((certificate, key)) = &pems.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = certificates("client_certificate", certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
        .map_err(|error| format!("`client_key` has no private key that can be read: {error}"))?;
    let config = builder.with_client_auth_cert(chain, key);
    config.map_err(|error| format!("`client_certificate` and `client_key` cannot be used: {error}"))
}

fn certificates(setting: &str, pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let read = read.map_err(|error| format!("`{setting}` is malformed: {error}"))?;
    if read.is_empty() { Err(format!("`{setting}` has no certificate in it")) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(ca: Option<&str>, identity: Option<(&str, &str)>) -> String {
        let identity = identity.map(|(certificate, key)| (certificate.to_owned(), key.to_owned()));
        config(&Pems { ca: ca.map(str::to_owned), identity }).unwrap_err()
    }

    #[test]
    fn what_is_no_certificate_is_said() {
        assert_eq!(
            problem(Some("-----BEGIN NOTHING-----\n-----END NOTHING-----"), None),
            "`ca` has no certificate in it"
        );
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
        assert!(problem(Some(broken), None).starts_with("`ca` cannot be used: "));
        assert!(problem(Some("-----BEGIN CERTIFICATE-----\nAAAA"), None).starts_with("`ca` is malformed: "));
    }
}
