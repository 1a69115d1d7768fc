fn main() {}

pub struct Order {
    pub number: Option<u64>,
}

// As it is generated for `idempotency: { key: number }`, without `optional: true`.
pub fn key(input: &Order) -> Option<pontoon::generated::Key> {
    Some(pontoon::generated::Key::field(&input.number).required())
}
