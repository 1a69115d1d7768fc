//! The commands of other units that a unit's handlers call: each is one request on the bridge.

use proc_macro2::TokenStream;
use quote::quote;

use super::name;
use crate::emit::scope::Scope;
use crate::plan::Unit;

pub(super) fn print(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let name = name(unit);
    let reached = unit.reaches.iter().map(|reached| {
        let (reachable, over_bridge, marker) =
            (scope.runtime("Reachable"), scope.runtime("OverBridge"), &reached.marker);
        quote! {
            impl #reachable<#name> for #marker {
                type Transport = #over_bridge;
            }
        }
    });
    quote!(#(#reached)*)
}
