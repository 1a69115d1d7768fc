//! The commands of other units that a unit's handlers call: each is one request on the bridge.

use proc_macro2::TokenStream;
use quote::quote;

use super::name;
use crate::emit::scope::Scope;
use crate::plan::Unit;

pub(super) fn print(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let name = name(unit);
    let reached = unit.reaches.iter().map(|reached| {
        let (reach, bridge, marker) = (scope.runtime("Reach"), scope.runtime("Bridge"), &reached.marker);
        quote! {
            impl #reach<#name> for #marker {
                type Way = #bridge;
            }
        }
    });
    quote!(#(#reached)*)
}
