//! In which environments an event or a subscription exists.

/// The environments that an event or a subscription exists in (`environments:`). A unit that has everything in memory,
/// or was given its adapters, is in none that has a name: everything exists there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Environments(Option<&'static [&'static str]>);

impl Environments {
    /// All of them.
    #[must_use]
    pub const fn all() -> Self {
        Self(None)
    }

    /// These.
    #[must_use]
    pub const fn only(names: &'static [&'static str]) -> Self {
        Self(Some(names))
    }

    /// Whether the environment of this name is one of them.
    pub(crate) fn have(self, environment: Option<&str>) -> bool {
        match (self.0, environment) {
            (Some(names), Some(environment)) => names.contains(&environment),
            (None, _) | (_, None) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_none_exists_everywhere() {
        let production = Environments::only(&["production"]);
        assert!(production.have(Some("production")) && !production.have(Some("local")) && production.have(None));
        assert!(Environments::all().have(Some("local")));
    }
}
