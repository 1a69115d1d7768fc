//! From a derive's input to the impls that the generated code looks for.

use pontoon_schema::handover::Entry;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, LitStr, Path, Result};

use crate::ast::{Handler, Resources};
use crate::symbol::Symbol;
use crate::{fallback, handover, valid};

/// The impls of a handler, or the errors and what stands in for them.
pub(crate) fn handler(symbol: Symbol, input: &DeriveInput) -> TokenStream {
    try_handler(symbol, input).unwrap_or_else(|error| fallback::handler(input, &error))
}

/// The impls of a service's resources, or the errors and what stands in for them.
pub(crate) fn resources(input: &DeriveInput) -> TokenStream {
    try_resources(input).unwrap_or_else(|error| fallback::resources(input, &error))
}

fn try_handler(symbol: Symbol, input: &DeriveInput) -> Result<TokenStream> {
    let handler = Handler::from_syn(symbol, input)?;
    let handover = handover::read(handler.address.span())?;
    let entry = valid::entry(&handover, &handler)?;
    let place = Place::new(&handover.contract, entry, handler.address.span())?;

    let handles = handles(&handler, &place);
    let from_resources = from_resources(&handler, &place);
    Ok(quote! { #handles #from_resources })
}

/// The paths of one operation in the crate that is being compiled.
struct Place {
    marker: TokenStream,
    context: TokenStream,
    resources: Path,
}

impl Place {
    fn new(contract: &str, entry: &Entry, span: Span) -> Result<Self> {
        let contract = path(contract, span)?;
        let (marker, module) = (path(&entry.marker, span)?, path(&entry.module, span)?);
        Ok(Self {
            marker: quote_spanned!(span=> #contract::#marker),
            context: quote_spanned!(span=> #contract::#module::Context),
            resources: path(&entry.resources, span)?,
        })
    }
}

/// A Rust path of the handover as tokens at `span`, so that what rustc has to say about it is said there.
fn path(text: &str, span: Span) -> Result<Path> {
    LitStr::new(text, span).parse_with(Path::parse_mod_style).map_err(|_| {
        Error::new(
            span,
            format!("the build script handed over `{text}`, which is not a Rust path"),
        )
    })
}

fn handles(handler: &Handler<'_>, Place { marker, context, .. }: &Place) -> TokenStream {
    let name = handler.name;
    // The call stands at the attribute: a `handle` that is missing or has other types is underlined there.
    let call = quote_spanned!(handler.address.span()=> self.handle(context, input));
    quote! {
        #[automatically_derived]
        impl<C: #context> ::pontoon::Handles<#marker, C> for #name {
            fn run(
                &self,
                context: &C,
                input: <#marker as ::pontoon::Operation>::Input,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<
                    <#marker as ::pontoon::Operation>::Output,
                    ::pontoon::Error<<#marker as ::pontoon::Operation>::Rejection>,
                >,
            > + ::core::marker::Send {
                #call
            }
        }
    }
}

fn from_resources(handler: &Handler<'_>, Place { resources, .. }: &Place) -> TokenStream {
    let name = handler.name;
    let fields = handler.fields.members().zip(handler.fields).map(|(member, field)| {
        let ty = &field.ty;
        let provided = quote_spanned!(ty.span()=> ::pontoon::Provides::<#ty>::provide(resources));
        quote!(#member: #provided)
    });
    quote! {
        #[automatically_derived]
        impl ::pontoon::FromResources<#resources> for #name {
            fn from_resources(resources: &#resources) -> Self {
                Self { #(#fields),* }
            }
        }
    }
}

fn try_resources(input: &DeriveInput) -> Result<TokenStream> {
    let Resources { name, fields } = Resources::from_syn(input)?;
    let provides = fields.members().zip(fields).map(|(member, field)| {
        let ty = &field.ty;
        let cloned = quote_spanned!(ty.span()=> ::core::clone::Clone::clone(&self.#member));
        quote! {
            #[automatically_derived]
            impl ::pontoon::Provides<#ty> for #name {
                fn provide(&self) -> #ty {
                    #cloned
                }
            }
        }
    });
    Ok(quote!(#(#provides)*))
}
