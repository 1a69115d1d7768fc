//! Servers of RabbitMQ that are one cluster, on one machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::folder::random;
use crate::{Error, Folder, Port};

/// Servers of RabbitMQ that are to be one cluster: `Setup::member`. They have to be started one after the other, the
/// first one first, and must not outlive this.
///
/// Erlang's distribution runs without a daemon here, and then takes the port of all nodes to be the same: so each has a
/// loopback address of its own.
#[derive(Debug)]
pub struct Peers {
    home: Folder,
    port: Port,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Where the cookie is that they share.
    pub(crate) home: PathBuf,
    pub(crate) port: u16,
    number: u8,
}

impl Peers {
    /// Reserves what they share.
    ///
    /// # Errors
    /// There is no folder or no port for it.
    pub fn new() -> Result<Self, Error> {
        let (home, port) = (Folder::new("rabbitmq-cluster")?, Port::free()?);
        let cookie = home.write(".erlang.cookie", &format!("{:016X}", random()))?;
        fs::set_permissions(&cookie, Permissions::from_mode(0o400))
            .map_err(Error::system("keep a cookie to ourselves"))?;
        Ok(Self { home, port })
    }

    pub(crate) fn member(&self, number: u8) -> Member {
        Member { home: self.home.path().to_path_buf(), port: self.port.number(), number }
    }
}

impl Member {
    /// Where its distribution listens.
    pub(crate) fn address(&self) -> [u8; 4] {
        Self::address_of(self.number)
    }

    fn address_of(number: u8) -> [u8; 4] {
        [127, 0, 1, number.saturating_add(1)]
    }

    pub(crate) fn node(&self) -> String {
        Self::node_of(self.number)
    }

    fn node_of(number: u8) -> String {
        format!("pontoon@{}", Self::address_of(number).map(|byte| byte.to_string()).join("."))
    }

    /// What the configuration says of those before it, which it joins.
    pub(crate) fn lines(&self) -> Vec<String> {
        let peers = (0..=self.number)
            .map(|number| format!("cluster_formation.classic_config.nodes.{} = {}", number + 1, Self::node_of(number)));
        let backend = "cluster_formation.peer_discovery_backend = classic_config".to_owned();
        [backend].into_iter().chain(peers).collect()
    }
}
