//! Provisions exchanges, queues and bindings: declares them, or only verifies that they are there and as they should
//! be.

use lapin::Channel;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;

use super::declaration::{BindingDeclaration, Declaration, ExchangeDeclaration, QueueDeclaration};
use super::error::AmqpError;

/// Provisions exchanges, queues and bindings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provisioner {
    /// Whether nothing is declared.
    pub(super) verify: bool,
}

impl Provisioner {
    /// Declares or verifies these, in this order. Several instances may do so at a time.
    pub(super) async fn all(
        self,
        connection: &lapin::Connection,
        declarations: &[Declaration],
    ) -> Result<(), AmqpError> {
        if self.verify {
            for declaration in declarations {
                check(connection, declaration).await?;
            }
            return Ok(());
        }
        let channel = connection.create_channel().await?;
        for declaration in declarations {
            declare(&channel, declaration, false).await.map_err(|error| named(declaration, error))?;
        }
        Ok(channel.close(200, "OK".into()).await?)
    }
}

/// Checks that something is there. A queue of a command cannot be, as long as nobody serves it: that one is made, and
/// bound.
async fn check(connection: &lapin::Connection, declaration: &Declaration) -> Result<(), AmqpError> {
    match declaration {
        Declaration::Binding(BindingDeclaration { temporary: true, .. }) => {
            return alone(connection, declaration, false).await.map_err(|error| named(declaration, error));
        }
        // Whether a queue is bound, the protocol does not tell: an event that is returned does.
        Declaration::Binding(_) => return Ok(()),
        Declaration::Exchange(_) | Declaration::Queue(_) => {}
    }
    match alone(connection, declaration, true).await {
        Ok(()) => {}
        Err(AmqpError::Absent(_))
            if matches!(declaration, Declaration::Queue(QueueDeclaration { temporary: true, .. })) =>
        {
            return alone(connection, declaration, false).await.map_err(|error| named(declaration, error));
        }
        Err(AmqpError::Absent(said)) => {
            let missing =
                format!("{} is not there ({said}), and `provision: verify` makes nothing: make it", shown(declaration));
            return Err(AmqpError::Mismatch(missing));
        }
        Err(error) => return Err(named(declaration, error)),
    }
    // A second look, this time at its settings: what is there is only compared. It takes the permission to make it.
    match alone(connection, declaration, false).await {
        Err(AmqpError::Denied(said)) => {
            tracing::debug!(target: "pontoon", said, "{} is there; its settings cannot be compared", shown(declaration));
            Ok(())
        }
        compared => compared.map_err(|error| named(declaration, error)),
    }
}

/// On a channel of its own, which the broker closes where the answer is no.
async fn alone(connection: &lapin::Connection, declaration: &Declaration, passive: bool) -> Result<(), AmqpError> {
    let channel = connection.create_channel().await?;
    declare(&channel, declaration, passive).await?;
    Ok(channel.close(200, "OK".into()).await?)
}

async fn declare(channel: &Channel, declaration: &Declaration, passive: bool) -> Result<(), AmqpError> {
    match declaration {
        Declaration::Exchange(ExchangeDeclaration { name, kind }) => {
            let options = ExchangeDeclareOptions { passive, durable: true, ..Default::default() };
            channel.exchange_declare(name.clone(), kind.clone(), options, FieldTable::default()).await?;
        }
        Declaration::Queue(QueueDeclaration { name, arguments, temporary }) => {
            let options =
                QueueDeclareOptions { passive, durable: !temporary, auto_delete: *temporary, ..Default::default() };
            channel.queue_declare(name.clone(), options, arguments.clone()).await?;
        }
        Declaration::Binding(BindingDeclaration { exchange, queue, key, .. }) => {
            let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
            channel.queue_bind(queue.clone(), exchange.clone(), key.clone(), options, arguments).await?;
        }
    }
    Ok(())
}

fn named(declaration: &Declaration, error: AmqpError) -> AmqpError {
    let title = shown(declaration);
    match error {
        AmqpError::Mismatch(said) => AmqpError::Mismatch(format!(
            "{title} exists with other settings than this unit needs ({said}): delete it once it is empty, or change the \
             topology to what it is"
        )),
        AmqpError::Denied(said) => AmqpError::Denied(format!("{title}: {said}")),
        AmqpError::TooLarge(said, _) | AmqpError::Absent(said) | AmqpError::Away(said) => {
            AmqpError::Away(format!("{title}: {said}"))
        }
    }
}

fn shown(declaration: &Declaration) -> String {
    match declaration {
        Declaration::Exchange(exchange) => format!("the exchange `{}`", exchange.name),
        Declaration::Queue(queue) => format!("the queue `{}`", queue.name),
        Declaration::Binding(BindingDeclaration { exchange, queue, .. }) => {
            format!("the binding of the queue `{queue}` to `{exchange}`")
        }
    }
}
