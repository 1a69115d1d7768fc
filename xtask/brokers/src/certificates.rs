//! A certificate authority of one's own with a server and a client, made by `openssl`, for tests of TLS.

use crate::installed::find;
use crate::{Error, Folder};
use std::path::{Path, PathBuf};
use std::process::Command;

/// PEM files in a temporary folder: a CA, a certificate for `localhost` and 127.0.0.1, and one for a client.
#[derive(Debug)]
pub struct Certificates {
    paths: [PathBuf; 5],
    _folder: Folder,
}

impl Certificates {
    /// Makes them anew; two calls make two authorities that do not trust each other.
    pub fn new() -> Result<Self, Error> {
        let folder = Folder::new("certificates")?;
        let openssl = find("openssl", "openssl")?;
        let make = |name: &str, subject: &str, extensions: &[&str]| -> Result<(), Error> {
            let mut command = Command::new(&openssl);
            command.current_dir(folder.path()).args(["req", "-x509", "-nodes", "-days", "3650"]);
            command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", subject]);
            command.args(["-out", &format!("{name}.pem"), "-keyout", &format!("{name}.key")]);
            if name != "ca" {
                command.args(["-CA", "ca.pem", "-CAkey", "ca.key"]);
            }
            for extension in extensions {
                command.args(["-addext", extension]);
            }
            let output = command.output().map_err(Error::system("run openssl"))?;
            if output.status.success() {
                return Ok(());
            }
            let log = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(Error::Program { what: format!("openssl did not make the certificate `{name}`"), log })
        };
        make("ca", "/CN=Pontoon test authority", &["keyUsage=critical,keyCertSign,cRLSign"])?;
        let leaf = "basicConstraints=critical,CA:FALSE";
        let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
        make("server", "/CN=localhost", &[leaf, names, "extendedKeyUsage=serverAuth"])?;
        make("client", "/CN=client", &[leaf, "subjectAltName=DNS:client", "extendedKeyUsage=clientAuth"])?;
        let paths =
            ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"].map(|name| folder.path().join(name));
        Ok(Self { paths, _folder: folder })
    }

    /// The certificate of the authority.
    #[must_use]
    pub fn ca(&self) -> &Path {
        &self.paths[0]
    }

    /// The certificate of the server.
    #[must_use]
    pub fn server(&self) -> &Path {
        &self.paths[1]
    }

    /// The private key of the server, PKCS #8.
    #[must_use]
    pub fn server_key(&self) -> &Path {
        &self.paths[2]
    }

    /// The certificate of a client.
    #[must_use]
    pub fn client(&self) -> &Path {
        &self.paths[3]
    }

    /// The private key of the client, PKCS #8.
    #[must_use]
    pub fn client_key(&self) -> &Path {
        &self.paths[4]
    }
}
