//! The scripts that change a queue: each is one step for all who look.

use std::sync::LazyLock;

use redis::{Script, ScriptInvocation};

use super::fields::ReadFields;
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
static RELEASE: LazyLock<Script> = script!("release.lua");
static EXTEND: LazyLock<Script> = script!("extend.lua");
static DEPTH: LazyLock<Script> = script!("depth.lua");

/// What [`take`] returns: where to go on looking for what others have left, in how many milliseconds the next job is
/// due, the last entry of the stream, and the jobs.
pub(super) type TakenJobs = (String, i64, String, Vec<(String, u32, ReadFields)>);

/// What [`depth`] returns: how many jobs wait, are delayed and pending, and the age of the oldest in milliseconds.
pub(super) type CountedJobs = (usize, usize, usize, u64);

/// Puts a job in.
pub(super) fn push(keys: &QueueKeys, seen: Option<String>) -> ScriptInvocation<'static> {
    let mut script = with_the_queue(&PUSH, keys);
    script.key(seen);
    script
}

/// Takes jobs.
pub(super) fn take(keys: &QueueKeys) -> ScriptInvocation<'static> {
    with_the_queue(&TAKE, keys)
}

/// Is done with a job, or has it come again.
pub(super) fn settle(keys: &QueueKeys) -> ScriptInvocation<'static> {
    with_the_queue(&SETTLE, keys)
}

/// Gives a job back.
pub(super) fn release(keys: &QueueKeys) -> ScriptInvocation<'static> {
    let mut script = RELEASE.prepare_invoke();
    script.key(&keys.jobs);
    script
}

/// Extends the leases of jobs.
pub(super) fn extend(keys: &QueueKeys) -> ScriptInvocation<'static> {
    let mut script = EXTEND.prepare_invoke();
    script.key(&keys.jobs);
    script
}

/// Counts the jobs.
pub(super) fn depth(keys: &QueueKeys) -> ScriptInvocation<'static> {
    let mut script = DEPTH.prepare_invoke();
    script.key(&keys.jobs).key(&keys.later);
    script
}

fn with_the_queue(script: &'static Script, keys: &QueueKeys) -> ScriptInvocation<'static> {
    let mut script = script.prepare_invoke();
    script.key(&keys.jobs).key(&keys.later).key(&keys.held);
    script
}
