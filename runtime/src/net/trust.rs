//! The trusted authorities of a connection over TLS, and our own certificate.

use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::environment::Pems;

impl Pems {
    /// What rustls is to do. Says what is wrong with a PEM, never what is in it.
    pub(crate) fn rustls(&self) -> Result<Arc<ClientConfig>, String> {
        // By name: which provider is the process's default is for the program to say, and there may be none.
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(self.trusted()?);
        let Some((certificate, key)) = &self.identity else {
            return Ok(Arc::new(builder.with_no_client_auth()));
        };
        let chain = certificates(certificate).map_err(|why| format!("`client_certificate` is no PEM: {why}"))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| "`client_key` is no PEM of a private key".to_owned())?;
        let config = builder.with_client_auth_cert(chain, key);
        config.map(Arc::new).map_err(|error| format!("`client_certificate` and `client_key` cannot be used: {error}"))
    }

    fn trusted(&self) -> Result<RootCertStore, String> {
        let mut store = RootCertStore::empty();
        let authorities = match &self.ca {
            Some(pem) => certificates(pem).map_err(|why| format!("`ca` is no PEM: {why}"))?,
            // What cannot be read of the system's is missed only where nothing is left.
            None => rustls_native_certs::load_native_certs().certs,
        };
        let (added, _) = store.add_parsable_certificates(authorities);
        if added > 0 {
            return Ok(store);
        }
        Err(match &self.ca {
            Some(_) => "`ca` has no certificate that can be read".to_owned(),
            None => "the system has no CAs to trust: say which with `ca`".to_owned(),
        })
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(read) if read.is_empty() => Err("no certificate is in it".to_owned()),
        Ok(read) => Ok(read),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pem_is_named_and_not_shown() {
        for (pem, says) in [
            ("hidden", "`ca` is no PEM: no certificate is in it"),
            ("-----BEGIN CERTIFICATE-----\nhidden\n-----END CERTIFICATE-----\n", "`ca`"),
        ] {
            let problem = Pems { ca: Some(pem.to_owned()), identity: None }.rustls().unwrap_err();
            assert!(problem.contains(says) && !problem.contains("hidden"), "{problem}");
        }
    }
}
