//! Makes what the broker has to have, or checks that it is there and as it should be.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection};

use super::objects::{Binding, Exchange, Object, Queue};
use super::trouble::Trouble;

/// Makes what is not there, or only checks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Provision {
    pub(super) verify: bool,
}

impl Provision {
    /// Makes or checks these, in this order. Several instances may do so at a time.
    pub(super) async fn all(self, connection: &Connection, objects: &[Object]) -> Result<(), Trouble> {
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
async fn check(connection: &Connection, object: &Object) -> Result<(), Trouble> {
    match object {
        Object::Binding(Binding { passing: true, .. }) => {
            return alone(connection, object, false).await.map_err(|trouble| named(object, trouble));
        }
        // Whether a queue is bound, the protocol does not tell: an event that is returned does.
        Object::Binding(_) => return Ok(()),
        Object::Exchange(_) | Object::Queue(_) => {}
    }
    match alone(connection, object, true).await {
        Ok(()) => {}
        Err(Trouble::Absent(_)) if matches!(object, Object::Queue(Queue { passing: true, .. })) => {
            return alone(connection, object, false).await.map_err(|trouble| named(object, trouble));
        }
        Err(Trouble::Absent(said)) => {
            let missing =
                format!("{} is not there ({said}), and `provision: verify` makes nothing: make it", shown(object));
            return Err(Trouble::Mismatch(missing));
        }
        Err(trouble) => return Err(named(object, trouble)),
    }
    // A second look, this time at its settings: what is there is only compared. It takes the permission to make it.
    match alone(connection, object, false).await {
        Err(Trouble::Denied(said)) => {
            tracing::debug!(target: "pontoon", said, "{} is there; its settings cannot be compared", shown(object));
            Ok(())
        }
        compared => compared.map_err(|trouble| named(object, trouble)),
    }
}

/// On a channel of its own, which the broker closes where the answer is no.
async fn alone(connection: &Connection, object: &Object, passive: bool) -> Result<(), Trouble> {
    let channel = connection.create_channel().await?;
    declare(&channel, object, passive).await?;
    Ok(channel.close(200, "OK".into()).await?)
}

async fn declare(channel: &Channel, object: &Object, passive: bool) -> Result<(), Trouble> {
    match object {
        Object::Exchange(Exchange { name, kind }) => {
            let options = ExchangeDeclareOptions { passive, durable: true, ..Default::default() };
            channel.exchange_declare(name.clone(), kind.clone(), options, FieldTable::default()).await?;
        }
        Object::Queue(Queue { name, arguments, passing }) => {
            let options =
                QueueDeclareOptions { passive, durable: !passing, auto_delete: *passing, ..Default::default() };
            channel.queue_declare(name.clone(), options, arguments.clone()).await?;
        }
        Object::Binding(Binding { exchange, queue, key, .. }) => {
            let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
            channel.queue_bind(queue.clone(), exchange.clone(), key.clone(), options, arguments).await?;
        }
    }
    Ok(())
}

fn named(object: &Object, trouble: Trouble) -> Trouble {
    let object = shown(object);
    match trouble {
        Trouble::Mismatch(said) => Trouble::Mismatch(format!(
            "{object} exists with other settings than this unit needs ({said}): delete it once it is empty, or change the \
             topology to what it is"
        )),
        Trouble::Denied(said) => Trouble::Denied(format!("{object}: {said}")),
        Trouble::TooLarge(said, _) | Trouble::Absent(said) | Trouble::Away(said) => {
            Trouble::Away(format!("{object}: {said}"))
        }
    }
}

fn shown(object: &Object) -> String {
    match object {
        Object::Exchange(exchange) => format!("the exchange `{}`", exchange.name),
        Object::Queue(queue) => format!("the queue `{}`", queue.name),
        Object::Binding(Binding { exchange, queue, .. }) => {
            format!("the binding of the queue `{queue}` to `{exchange}`")
        }
    }
}
