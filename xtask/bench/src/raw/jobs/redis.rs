//! A stream of Redis and its consumer group by the crate `redis`.

use super::super::beside;
use super::{RawJobs, WORKERS};
use crate::rounds::Error;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use pontoon_brokers::Kind;
use redis::aio::MultiplexedConnection;
use std::collections::HashMap;
use tokio::sync::mpsc;

const STREAM: &str = "raw:queue";
const GROUP: &str = "workers";

/// How long a worker waits for jobs, in milliseconds.
const WAITING: usize = 1000;

/// An entry of a stream: its id and its fields.
type Entry = (String, HashMap<String, Vec<u8>>);

/// What `XREADGROUP` replies: of each stream its entries.
type Entries = Option<Vec<(String, Vec<Entry>)>>;

/// Connections to Redis: one for all commands, and a client for one that waits.
#[derive(Clone)]
pub(crate) struct RedisJobs {
    client: redis::Client,
    commands: MultiplexedConnection,
}

impl RawJobs for RedisJobs {
    const NAME: &'static str = "Redis";
    const KIND: Kind = Kind::Redis;
    const ENVIRONMENT: &'static str = "redis_jobs";
    const ADDRESS: &'static str = "REDIS_URL";
    const AGAINST: &'static str = "XADD, XREADGROUP, XACK and XDEL";

    async fn connect(url: &str) -> Result<Self, Error> {
        let client = redis::Client::open(url)?;
        let mut commands = client.get_multiplexed_async_connection().await?;
        let mut group = redis::cmd("XGROUP");
        group.arg("CREATE").arg(STREAM).arg(GROUP).arg("0").arg("MKSTREAM").exec_async(&mut commands).await?;
        Ok(Self { client, commands })
    }

    async fn enqueue(&self, letter: Letter) -> Result<(), Error> {
        let mut add = redis::cmd("XADD");
        add.arg(STREAM).arg("*").arg("body").arg(serde_json::to_vec(&letter)?);
        Ok(add.exec_async(&mut self.commands.clone()).await?)
    }

    async fn work(&self, counter: Counter) -> Result<(), Error> {
        let config = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        let waiting = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let (sender, receiver) = mpsc::channel(WORKERS);
        beside(read(waiting, sender));
        let commands = self.commands.clone();
        beside(async move {
            let jobs = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
            let worked =
                jobs.map(Ok).try_for_each_concurrent(WORKERS, |job| work(job, counter.clone(), commands.clone()));
            worked.await
        });
        Ok(())
    }

    async fn close(self) -> Result<(), Error> {
        Ok(())
    }
}

/// Takes jobs without end, as many as there are.
async fn read(mut waiting: MultiplexedConnection, sender: mpsc::Sender<Entry>) -> Result<(), Error> {
    loop {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg("worker").arg("COUNT").arg(WORKERS).arg("BLOCK").arg(WAITING);
        let entries: Entries = read.arg("STREAMS").arg(STREAM).arg(">").query_async(&mut waiting).await?;
        for entry in entries.into_iter().flatten().flat_map(|(_, entries)| entries) {
            sender.send(entry).await?;
        }
    }
}

async fn work((entry, fields): Entry, counter: Counter, mut commands: MultiplexedConnection) -> Result<(), Error> {
    let body = fields.get("body").ok_or("an entry without a body")?;
    counter.count(&serde_json::from_slice::<Letter>(body)?);
    let mut done = redis::pipe();
    done.cmd("XACK").arg(STREAM).arg(GROUP).arg(&entry).cmd("XDEL").arg(STREAM).arg(&entry);
    Ok(done.exec_async(&mut commands).await?)
}
