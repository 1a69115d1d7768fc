//! Makes what the broker has to have, or checks that it is there and as it should be.

use lapin::Channel;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;

use super::declarations::{BindingDeclaration, Declaration, ExchangeDeclaration, QueueDeclaration};
use super::error::AmqpError;

/// Makes what is not there, or only checks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provisioner {
    pub(super) verify: bool,
}

impl Provisioner {
    /// Makes or checks these, in this order. Several instances may do so at a time.
    pub(super) async fn all(self, connection: &lapin::Connection, objects: &[Declaration]) -> Result<(), AmqpError> {
        if self.verify {
            for object in objects {
                check(connection, object).await?;
            }
            return Ok(());
        }
        let channel = connection.create_channel().await?;
        for object in objects {
            declare(&channel, object, false).await.map_err(|trouble| named(object, trouble))?;
        }
        Ok(channel.close(200, "OK".into()).await?)
    }
}

/// Checks that something is there. A queue of a command cannot be, as long as nobody serves it: that one is made, and bound.
async fn check(connection: &lapin::Connection, object: &Declaration) -> Result<(), AmqpError> {
    match object {
        Declaration::BindingDeclaration(BindingDeclaration { passing: true, .. }) => {
            return alone(connection, object, false).await.map_err(|trouble| named(object, trouble));
        }
        // Whether a queue is bound, the protocol does not tell: an event that is returned does.
        Declaration::BindingDeclaration(_) => return Ok(()),
        Declaration::ExchangeDeclaration(_) | Declaration::QueueDeclaration(_) => {}
    }
    match alone(connection, object, true).await {
        Ok(()) => {}
        Err(AmqpError::Absent(_))
            if matches!(object, Declaration::QueueDeclaration(QueueDeclaration { passing: true, .. })) =>
        {
            return alone(connection, object, false).await.map_err(|trouble| named(object, trouble));
        }
        Err(AmqpError::Absent(said)) => {
            let missing =
                format!("{} is not there ({said}), and `provision: verify` makes nothing: make it", shown(object));
            return Err(AmqpError::Mismatch(missing));
        }
        Err(trouble) => return Err(named(object, trouble)),
    }
    // A second look, this time at its settings: what is there is only compared. It takes the permission to make it.
    match alone(connection, object, false).await {
        Err(AmqpError::Denied(said)) => {
            tracing::debug!(target: "pontoon", said, "{} is there; its settings cannot be compared", shown(object));
            Ok(())
        }
        compared => compared.map_err(|trouble| named(object, trouble)),
    }
}

/// On a channel of its own, which the broker closes where the answer is no.
async fn alone(connection: &lapin::Connection, object: &Declaration, passive: bool) -> Result<(), AmqpError> {
    let channel = connection.create_channel().await?;
    declare(&channel, object, passive).await?;
    Ok(channel.close(200, "OK".into()).await?)
}

async fn declare(channel: &Channel, object: &Declaration, passive: bool) -> Result<(), AmqpError> {
    match object {
        Declaration::ExchangeDeclaration(ExchangeDeclaration { name, kind }) => {
            let options = ExchangeDeclareOptions { passive, durable: true, ..Default::default() };
            channel.exchange_declare(name.clone(), kind.clone(), options, FieldTable::default()).await?;
        }
        Declaration::QueueDeclaration(QueueDeclaration { name, arguments, passing }) => {
            let options =
                QueueDeclareOptions { passive, durable: !passing, auto_delete: *passing, ..Default::default() };
            channel.queue_declare(name.clone(), options, arguments.clone()).await?;
        }
        Declaration::BindingDeclaration(BindingDeclaration { exchange, queue, key, .. }) => {
            let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
            channel.queue_bind(queue.clone(), exchange.clone(), key.clone(), options, arguments).await?;
        }
    }
    Ok(())
}

fn named(object: &Declaration, trouble: AmqpError) -> AmqpError {
    let object = shown(object);
    match trouble {
        AmqpError::Mismatch(said) => AmqpError::Mismatch(format!(
            "{object} exists with other settings than this unit needs ({said}): delete it once it is empty, or change the \
             topology to what it is"
        )),
        AmqpError::Denied(said) => AmqpError::Denied(format!("{object}: {said}")),
        AmqpError::TooLarge(said, _) | AmqpError::Absent(said) | AmqpError::Away(said) => {
            AmqpError::Away(format!("{object}: {said}"))
        }
    }
}

fn shown(object: &Declaration) -> String {
    match object {
        Declaration::ExchangeDeclaration(exchange) => format!("the exchange `{}`", exchange.name),
        Declaration::QueueDeclaration(queue) => format!("the queue `{}`", queue.name),
        Declaration::BindingDeclaration(BindingDeclaration { exchange, queue, .. }) => {
            format!("the binding of the queue `{queue}` to `{exchange}`")
        }
    }
}
