//! How a unit is made: from resources and ports, with what it listens to and where it can run.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Source, name, ports};
use crate::emit::environment;
use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{Kept, Listener, ListenerKind, Member, Served, Unit};

pub(super) fn print(scope: &Scope<'_>, source: &Source<'_>) -> TokenStream {
    let Source { topology, deployment, unit, environments, has_events } = *source;
    let structure = name(unit);
    let (unit_trait, environment_type) = (scope.runtime("Unit"), scope.runtime("Environment"));
    let (ports_type, registration) = (scope.runtime("Ports"), scope.runtime("Registration"));
    let (unit_name, grace, duration) = (&unit.name, scope.duration(deployment.grace), scope.duration_type());
    let environments = environments.iter().map(|environment| environment::print(scope, environment));
    let subscriptions = has_events.then(|| {
        let subscribed = scope.runtime("KnownSubscription");
        quote!(const SUBSCRIPTIONS: &'static [&'static [#subscribed]] = event::SUBSCRIPTIONS;)
    });
    let services = unit.services.iter().map(service);
    let ports = ports::made(unit);
    let listens = listens(unit);
    let used = |name, is_empty: bool| if is_empty { quote!(_) } else { ident(name).into_token_stream() };
    let resources_name = used("resources", unit.services.is_empty());
    let (ports_name, registration_name) = (used("ports", ports.is_empty()), used("registration", listens.is_empty()));
    quote! {
        impl #unit_trait for #structure {
            type Resources = Resources;
            const TOPOLOGY: &'static str = #topology;
            const NAME: &'static str = #unit_name;
            const GRACE: #duration = #grace;
            const ENVIRONMENTS: &'static [#environment_type] = &[#(#environments),*];
            #subscriptions

            fn assemble(#resources_name: &Resources, #ports_name: &#ports_type) -> Self {
                Self {
                    #(#services,)*
                    #(#ports),*
                }
            }

            fn listen(#registration_name: &mut #registration<Self>) {
                #(#listens)*
            }
        }
    }
}

fn service(member: &Member) -> TokenStream {
    let (service, structure) = (ident(&member.field), ident(&member.structure));
    quote!(#service: #structure::make(&resources.#service))
}

/// What the unit does on the bridges: it serves calls, listens, and keeps what others have to hear.
fn listens(unit: &Unit) -> Vec<TokenStream> {
    let serves = unit.serves.iter().map(|Served { marker, .. }| quote!(registration.serve(#marker);));
    let listens = unit.listens.iter().map(listen);
    let keeps = unit.keeps_for.iter().map(keep);
    serves.chain(listens).chain(keeps).collect()
}

fn keep(kept: &Kept) -> TokenStream {
    let (method, named) = (ident(if kept.all { "retain" } else { "retain_for" }), kept.named());
    quote!(#(registration.#method(#named);)*)
}

fn listen(listener: &Listener) -> TokenStream {
    let marker = &listener.marker;
    let method = ident(match listener.kind {
        ListenerKind::Event => "subscribe",
        ListenerKind::Queue => "work",
        ListenerKind::Clock => "schedule",
    });
    quote!(registration.#method(#marker);)
}
