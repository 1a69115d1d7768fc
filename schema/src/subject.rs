//! Subjects: the addresses on the wire. They are an interface to other programs: they change only with a version.

/// The subject of a command, `shop.command.user.v1.sign_up`.
pub fn command(topology: &str, service: &str, version: u32, command: &str) -> String {
    format!("{topology}.command.{service}.v{version}.{command}")
}

/// The subject of an event, `shop.event.user_signed_up.v1`.
pub fn event(topology: &str, event: &str, version: u32) -> String {
    format!("{topology}.event.{event}.v{version}")
}

/// The subject of a queue, `shop.queue.invoices`.
pub fn queue(topology: &str, queue: &str) -> String {
    format!("{topology}.queue.{queue}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn subjects_are_constant() {
        assert_eq!(super::command("shop", "user", 1, "sign_up"), "shop.command.user.v1.sign_up");
        assert_eq!(super::event("shop", "user_signed_up", 1), "shop.event.user_signed_up.v1");
        assert_eq!(super::queue("shop", "invoices"), "shop.queue.invoices");
    }
}
