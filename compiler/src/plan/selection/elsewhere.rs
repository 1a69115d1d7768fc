//! The adapters from elsewhere that generated code names.

use super::Selection;
use crate::plan::adapter::{Custom, Item};
use crate::plan::{Environment, Plan};

impl Selection {
    /// Each adapter from elsewhere that is selected, once for all that is said of it, with the name of an environment
    /// that has it.
    pub fn adapters_from_elsewhere<'p>(&'p self, plan: &'p Plan) -> Vec<(&'p str, &'p Custom)> {
        let units = self.deployments(plan).flat_map(|(_, _, environments)| environments);
        let environments: Vec<&Environment> = units.chain(self.client(plan).into_iter().flatten()).collect();
        let mut found: Vec<(&str, &Custom)> = Vec::new();
        for environment in environments {
            for connection in &environment.connections {
                if let Some(Item::Custom(custom)) = connection.opening.as_ref().map(|opening| &opening.item)
                    && !found.iter().any(|(_, known)| *known == custom)
                {
                    found.push((&environment.name, custom));
                }
            }
        }
        found
    }
}
