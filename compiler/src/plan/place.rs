//! Where Rust has something: the names that generated code gives, and the paths that the topology names.

use std::fmt;

use pontoon_schema::name;
use serde::{Serialize, Serializer};

use crate::topology::{Handler, RustPath, RustType, Service, Topology};

/// A place in the generated contract, below its module: `user::SignUp`, `email::v2::SendWelcome`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The modules on the way, the outermost first.
    pub modules: Vec<String>,
    /// The item.
    pub item: String,
}

/// A type or path of the user's, as the topology names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rust<T>(pub T);

impl Place {
    /// The marker type of a definition in the module of its kind: `event::UserSignedUp`.
    pub(super) fn of_kind(kind: &str, name: &str) -> Self {
        Self { modules: vec![kind.to_owned()], item: name::pascal(name) }
    }

    /// The marker type of a handler.
    pub(super) fn of_handler(topology: &Topology, handler: Handler) -> Self {
        let operation = topology.operation(handler);
        let service = &topology.services[operation.service];
        Self { modules: service_modules(service), item: name::pascal(&operation.name.value) }
    }

    /// The module that it begins with: `email` of `email::v2::SendWelcome`.
    pub fn root(&self) -> &str {
        self.modules.first().map_or(self.item.as_str(), String::as_str)
    }
}

/// The modules that hold the contract of one version of a service: `user`, or `email::v2` where it has several.
pub(super) fn service_modules(service: &Service) -> Vec<String> {
    let mut modules = vec![service.name.value.clone()];
    modules.extend(service.has_siblings.then(|| version_module(service)));
    modules
}

/// The module of one version within that of its service: `v2`.
pub(super) fn version_module(service: &Service) -> String {
    format!("v{}", service.version.value)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for module in &self.modules {
            write!(f, "{module}::")?;
        }
        f.write_str(&self.item)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Rust<RustType> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl Serialize for Rust<RustPath> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}
