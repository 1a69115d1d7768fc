//! The exchanges, queues and bindings that a unit has declared, provisioned with each connection and whenever one is
//! gone.

use std::collections::BTreeSet;

use lapin::types::ShortString;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use super::declaration::{Declaration, QueueDeclaration};
use super::error::AmqpError;
use super::names::name;
use super::provision::Provisioner;
use crate::sync::Mutex;

/// The exchanges, queues and bindings that the broker has to have for a unit.
pub(super) struct Declarations {
    provisioner: Provisioner,
    declared: Mutex<Vec<Declaration>>,
    /// A declaration that no broker can take, such as one with a name that is too long.
    invalid: Mutex<Option<AmqpError>>,
    provisioned: AsyncMutex<Option<Instant>>,
}

impl Declarations {
    pub(super) fn new(provisioner: Provisioner) -> Self {
        let (declared, invalid, provisioned) = (Mutex::default(), Mutex::default(), AsyncMutex::default());
        Self { provisioner, declared, invalid, provisioned }
    }

    /// The broker has to have these from the next connection on.
    pub(super) fn declare(&self, declarations: impl IntoIterator<Item = Declaration>) {
        let mut declared = self.declared.lock();
        for declaration in declarations {
            if !declared.contains(&declaration) {
                declared.push(declaration);
            }
        }
    }

    /// A name at the broker; one that cannot be is refused when the bridge connects.
    pub(super) fn name(&self, text: &str) -> ShortString {
        name(text).unwrap_or_else(|error| {
            self.refuse(error);
            "".into()
        })
    }

    /// The queues among them that stay when nobody takes from them.
    pub(super) fn lasting_queues(&self) -> BTreeSet<String> {
        let declared = self.declared.lock();
        let queues = declared.iter().filter_map(|declaration| match declaration {
            Declaration::Queue(QueueDeclaration { name, temporary: false, .. }) => Some(name.to_string()),
            _ => None,
        });
        queues.collect()
    }

    /// A declaration is invalid, whatever the broker says.
    pub(super) fn refuse(&self, error: AmqpError) {
        *self.invalid.lock() = Some(error);
    }

    /// Declares or verifies all of them.
    pub(super) async fn provision(&self, connection: &lapin::Connection) -> Result<(), AmqpError> {
        let mut provisioned = self.provisioned.lock().await;
        self.all(connection, &mut provisioned).await
    }

    /// The same once more, because something seemed to be gone, unless it has been done since. Says whether it was
    /// done; many who notice at a time are one.
    pub(super) async fn restore(&self, connection: &lapin::Connection, since: Instant) -> Result<bool, AmqpError> {
        let mut provisioned = self.provisioned.lock().await;
        if provisioned.is_some_and(|provisioned| provisioned > since) {
            return Ok(false);
        }
        self.all(connection, &mut provisioned).await?;
        Ok(true)
    }

    async fn all(&self, connection: &lapin::Connection, provisioned: &mut Option<Instant>) -> Result<(), AmqpError> {
        if let Some(error) = self.invalid.lock().clone() {
            return Err(error);
        }
        let begun = Instant::now();
        let declared = self.declared.lock().clone();
        self.provisioner.all(connection, &declared).await?;
        *provisioned = Some(begun);
        Ok(())
    }

    /// Declares or verifies these.
    pub(super) async fn these(
        &self,
        connection: &lapin::Connection,
        declarations: &[Declaration],
    ) -> Result<(), AmqpError> {
        self.provisioner.all(connection, declarations).await
    }
}
