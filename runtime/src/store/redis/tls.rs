//! TLS: who is trusted, and the handshake.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::dial::DialError;
use super::settings::Certificates;

/// Makes connections encrypted.
pub(super) struct Connector(TlsConnector);

impl Connector {
    /// Trusts these authorities, or those of the operating system.
    pub(super) fn new(certificates: &Certificates) -> Result<Self, String> {
        // By name: which provider is the process's default is for the program to say, and there may be none.
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(trusted(certificates.ca.as_deref())?);
        let config = match (&certificates.certificate, &certificates.key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(certificate), Some(key)) => {
                let chain =
                    read(certificate).map_err(|error| format!("the client's certificate is no PEM: {error}"))?;
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
                    .map_err(|_| "the client's key is no PEM of a private key".to_owned())?;
                let config = builder.with_client_auth_cert(chain, key);
                config.map_err(|error| format!("the client's certificate cannot be used: {error}"))?
            }
            _ => return Err("the client's certificate and its key belong together: there is only one of them".into()),
        };
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Encrypts a connection, once the server has proved that it is the host it was called by.
    pub(super) async fn connect(&self, host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, DialError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| DialError::Refused(format!("`{host}` is no name that a certificate could prove")))?;
        Ok(self.0.connect(name, stream).await?)
    }
}

fn trusted(ca: Option<&str>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let authorities = match ca {
        Some(pem) => read(pem).map_err(|error| format!("the authorities are no PEM: {error}"))?,
        // What cannot be read of the system's store is missed only where nothing is left.
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (added, _) = store.add_parsable_certificates(authorities);
    if added == 0 {
        return Err(match ca {
            Some(_) => "there is no certificate among the authorities".into(),
            None => "the operating system has no authorities to trust: say which with `ca`".into(),
        });
    }
    Ok(store)
}

fn read(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err("no certificate in it".into()),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(error.to_string()),
    }
}
