//! Advice about a server that could lose state or jobs, by its append-only file and eviction policy: in the log, once,
//! when it is connected.

use redis::cmd;

use super::connection::Connection;

/// Looks at the server's settings. Where that is not allowed, nothing is said.
pub(crate) async fn give(connection: &Connection) {
    let info =
        connection.read(|mut commands| async move { cmd("INFO").query_async::<String>(&mut commands).await }).await;
    for advice in info.iter().flat_map(|info| about(info)) {
        tracing::warn!(target: "pontoon", advice, "redis could lose what it has");
    }
}

fn about(info: &str) -> Vec<&'static str> {
    let setting = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let mut advice = Vec::new();
    if setting("maxmemory_policy").is_some_and(|policy| policy != "noeviction") {
        advice.push("it throws values away when its memory is full: set `maxmemory-policy noeviction`");
    }
    if setting("aof_enabled") == Some("0") {
        advice.push("it does not write down what it answers for: set `appendonly yes`");
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_lose_state_is_said() {
        assert!(about("maxmemory_policy:noeviction\r\naof_enabled:1\r\n").is_empty());
        assert!(about("").is_empty(), "some do not tell");
        assert_eq!(about("aof_enabled:0\r\nmaxmemory_policy:allkeys-lru\r\n").len(), 2);
    }
}
