//! How a unit is made: from resources and ports, with what it listens to and where it can run.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{environment, name, ports};
use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{Deployment, Environment, Listener, ListenerKind, Member, Unit};

pub(super) fn print(
    scope: &Scope<'_>,
    deployment: &Deployment,
    unit: &Unit,
    environments: &[&Environment],
) -> TokenStream {
    let structure = name(unit);
    let (unit_trait, environment_type) = (scope.runtime("Unit"), scope.runtime("Environment"));
    let (ports_type, intake) = (scope.runtime("Ports"), scope.runtime("Intake"));
    let (unit_name, grace, duration) = (&unit.name, scope.duration(deployment.grace), scope.duration_type());
    let environments = environments.iter().map(|environment| environment::print(scope, environment));
    let services = unit.services.iter().map(service);
    let ports = ports::made(unit);
    let listens = unit.listens.iter().map(listen);
    let used = |name, is_empty: bool| if is_empty { quote!(_) } else { ident(name).into_token_stream() };
    let resources_name = used("resources", unit.services.is_empty());
    let (ports_name, intake_name) = (used("ports", ports.is_empty()), used("intake", unit.listens.is_empty()));
    quote! {
        impl #unit_trait for #structure {
            type Resources = Resources;
            const NAME: &'static str = #unit_name;
            const GRACE: #duration = #grace;
            const ENVIRONMENTS: &'static [#environment_type] = &[#(#environments),*];

            fn assemble(#resources_name: &Resources, #ports_name: &#ports_type) -> Self {
                Self {
                    #(#services,)*
                    #(#ports),*
                }
            }

            fn listen(#intake_name: &mut #intake<Self>) {
                #(#listens)*
            }
        }
    }
}

fn service(member: &Member) -> TokenStream {
    let (service, structure) = (ident(&member.field), ident(&member.structure));
    let handlers = member.handlers.iter().map(|handler| {
        let (field, marker) = (ident(&handler.field), &handler.marker);
        quote!(#field: Self::make::<#marker>(&resources.#service))
    });
    quote! {
        #service: #structure {
            #(#handlers),*
        }
    }
}

fn listen(listener: &Listener) -> TokenStream {
    let marker = &listener.marker;
    let method = ident(match listener.kind {
        ListenerKind::Event => "subscribe",
        ListenerKind::Queue => "work",
        ListenerKind::Clock => "tick",
    });
    quote!(intake.#method(#marker);)
}
