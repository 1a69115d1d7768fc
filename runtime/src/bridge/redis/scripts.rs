//! The scripts that change a queue: each is one step for all who look.

use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, Script, ServerErrorKind, ToRedisArgs, cmd};

use super::fields::WrittenFields;
use super::keys::QueueKeys;

/// A script, behind what all of them have in common.
macro_rules! script {
    ($file:literal) => {
        LazyLock::new(|| Script::new(concat!(include_str!("queue.lua"), include_str!($file))))
    };
}

static PUSH: LazyLock<Script> = script!("push.lua");
static TAKE: LazyLock<Script> = script!("take.lua");
static SETTLE: LazyLock<Script> = script!("settle.lua");
static EXTEND: LazyLock<Script> = script!("extend.lua");
static DEPTH: LazyLock<Script> = script!("depth.lua");

/// What [`depth`] returns: how many jobs wait, are delayed and pending, and the age of the oldest in milliseconds.
pub(super) type CountedJobs = (usize, usize, usize, u64);

/// A call of a script, written into one buffer.
pub(super) struct ScriptCall {
    script: &'static Script,
    command: Cmd,
}

impl ScriptCall {
    fn new(script: &'static Script, keys: &[&str]) -> Self {
        let mut command = cmd("EVALSHA");
        command.arg(script.get_hash()).arg(keys.len()).arg(keys);
        Self { script, command }
    }

    /// One more argument.
    pub(super) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        self.command.arg(argument);
        self
    }

    /// The fields of an entry, behind their number.
    pub(super) fn fields(&mut self, fields: &WrittenFields) -> &mut Self {
        self.command.arg(fields.count());
        fields.put(&mut self.command);
        self
    }

    /// Calls the script. A server that does not know it yet is told what it is.
    pub(super) async fn ask<T: FromRedisValue>(&self, commands: &mut MultiplexedConnection) -> RedisResult<T> {
        match self.command.query_async(commands).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.script.load_async(commands).await?;
                self.command.query_async(commands).await
            }
            ended => ended,
        }
    }
}

/// Puts jobs in, of which some have deduplication ids.
pub(super) fn push<'k>(keys: &'k QueueKeys, seen: impl Iterator<Item = &'k str>) -> ScriptCall {
    let keys: Vec<&str> = the_queue(keys).into_iter().chain(seen).collect();
    ScriptCall::new(&PUSH, &keys)
}

/// Takes jobs.
pub(super) fn take(keys: &QueueKeys) -> ScriptCall {
    ScriptCall::new(&TAKE, &the_queue(keys))
}

/// Settles deliveries.
pub(super) fn settle(keys: &QueueKeys) -> ScriptCall {
    ScriptCall::new(&SETTLE, &the_queue(keys))
}

/// Extends the leases of jobs.
pub(super) fn extend(keys: &QueueKeys) -> ScriptCall {
    ScriptCall::new(&EXTEND, &[&keys.jobs])
}

/// Counts the jobs.
pub(super) fn depth(keys: &QueueKeys) -> ScriptCall {
    ScriptCall::new(&DEPTH, &[&keys.jobs, &keys.later])
}

fn the_queue(keys: &QueueKeys) -> [&str; 3] {
    [&keys.jobs, &keys.later, &keys.held]
}

/// A time in milliseconds that is over no earlier than this one.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_over_early() {
        assert_eq!(milliseconds(Duration::from_nanos(1)), 1);
        assert_eq!(milliseconds(Duration::from_micros(1500)), 2);
        assert_eq!(milliseconds(Duration::from_secs(3)), 3000);
    }
}
