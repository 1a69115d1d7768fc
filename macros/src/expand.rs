//! From a derive's input to the impls that the generated code looks for.

use pontoon_schema::handover::{Entry, Input};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Ident, LitStr, Path, Result};

use crate::ast::{Handler, Resources};
use crate::symbol::Symbol;
use crate::{fallback, handover, runtime, valid};

/// The impls of a handler, or the errors and what stands in for them.
pub(crate) fn handler(symbol: Symbol, input: &DeriveInput) -> TokenStream {
    match try_handler(symbol, input) {
        Ok(impls) => impls,
        Err(_) if !handover::is_there() && !handover::is_first_to_miss() => fallback::handler(input, None),
        Err(error) => fallback::handler(input, Some(&error)),
    }
}

/// The impls of a service's resources, or the errors and what stands in for them.
pub(crate) fn resources(input: &DeriveInput) -> TokenStream {
    try_resources(input).unwrap_or_else(|error| fallback::resources(input, Some(&error)))
}

fn try_handler(symbol: Symbol, input: &DeriveInput) -> Result<TokenStream> {
    let handler = Handler::from_syn(symbol, input)?;
    let handover = handover::read(handler.address.span())?;
    let entry = valid::entry(&handover, &handler)?;
    let place = Place::new(&handover.contract, entry, handler.address.span())?;

    let contract = &place.contract;
    let import = quote_spanned!(handler.address.span()=> use #contract as __contract;);
    let handles = handles(&handler, &place);
    let from_resources = from_resources(&handler, &place);
    // One import, so that a crate without the contract is told so once.
    let handler_of = handler_of(&handler, &place);
    let is_named = is_named(&handler, &place);
    let items = quote! { #import #handles #from_resources #handler_of #is_named };
    Ok(runtime::at(&handover.runtime, aside(&items)))
}

/// The items in a scope of their own. Those that stand at the user's tokens would be linted as the user's.
fn aside(items: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unused_qualifications, reason = "these paths stand at the user's own tokens")]
        const _: () = {
            #items
        };
    }
}

/// The paths of one operation in the crate that is being compiled.
struct Place {
    contract: Path,
    marker: Path,
    module: Path,
    resources: Path,
    handler: Path,
    input: Input,
}

impl Place {
    fn new(contract: &str, entry: &Entry, span: Span) -> Result<Self> {
        Ok(Self {
            contract: path(contract, span)?,
            marker: path(&entry.marker, span)?,
            module: path(&entry.module, span)?,
            resources: path(&entry.resources, span)?,
            handler: path(&entry.handler, span)?,
            input: entry.input,
        })
    }
}

/// A Rust path of the handover as tokens at `span`, so that what rustc has to say about it is said there.
fn path(text: &str, span: Span) -> Result<Path> {
    LitStr::new(text, span)
        .parse_with(Path::parse_mod_style)
        .map_err(|_| Error::new(span, format!("the build script handed over `{text}`, which is not a Rust path")))
}

fn handles(handler: &Handler<'_>, place: &Place) -> TokenStream {
    let Place { marker, module, input: gets, .. } = place;
    let name = handler.name;
    let at_address = handler.address.span();

    // rustc finds a missing `handle` at the method, a wrong input at the argument, a wrong result at the return type.
    // The method is marked as the macro's, or rustc would propose to write another name in its place.
    let method = Ident::new("handle", name.span().resolved_at(Span::mixed_site()));
    let (context, input) = (Ident::new("context", at_address), Ident::new("input", at_address));
    let one = quote_spanned!(at_address=> <__contract::#marker as ::pontoon::generated::Operation>::Input);
    let (run, gotten, given) = match gets {
        Input::One => {
            let output = quote_spanned!(at_address=> <__contract::#marker as ::pontoon::generated::Operation>::Output);
            (quote!(run), one, output)
        }
        Input::Batch => {
            let items = quote_spanned!(at_address=> ::std::vec::Vec<::pontoon::Item<#one>>);
            (quote!(run_batch), items, quote_spanned!(at_address=> ::std::vec::Vec<::pontoon::Outcome>))
        }
    };
    let future = quote_spanned! {at_address=>
        impl ::core::future::Future<
            Output = ::core::result::Result<
                #given,
                ::pontoon::Error<<__contract::#marker as ::pontoon::generated::Operation>::Rejection>,
            >,
        > + ::core::marker::Send
    };
    quote! {
        #[automatically_derived]
        impl<__Context: __contract::#module::Context> ::pontoon::generated::Handles<__contract::#marker, __Context> for #name {
            fn #run(
                &self,
                #context: &__Context,
                #input: #gotten,
            ) -> #future {
                self.#method(#context, #input)
            }
        }
    }
}

fn from_resources(handler: &Handler<'_>, Place { resources, .. }: &Place) -> TokenStream {
    let name = handler.name;
    let from = Ident::new("resources", Span::mixed_site());
    let fields = handler.fields.members().zip(handler.fields).map(|(member, field)| {
        let ty = &field.ty;
        let resources = spanned(resources, ty);
        let provided = quote_spanned!(ty.span()=> <#resources as ::pontoon::generated::Provides<#ty>>::provide(#from));
        quote!(#member: #provided)
    });
    quote! {
        #[automatically_derived]
        impl ::pontoon::generated::FromResources<#resources> for #name {
            fn from_resources(#from: &#resources) -> Self {
                Self { #(#fields),* }
            }
        }
    }
}

/// Both of the above: what a unit asks for.
fn handler_of(handler: &Handler<'_>, Place { marker, resources, .. }: &Place) -> TokenStream {
    let name = handler.name;
    quote! {
        #[automatically_derived]
        impl<__Unit> ::pontoon::generated::HandlerOf<__contract::#marker, __Unit, #resources> for #name
        where
            Self: for<'call> ::pontoon::generated::Handles<__contract::#marker, ::pontoon::generated::Call<'call, __Unit>>,
        {
        }
    }
}

/// That this struct is the handler which the topology names, and not another one of the same name: two would be
/// written, and one never run.
fn is_named(handler: &Handler<'_>, place: &Place) -> TokenStream {
    let name = handler.name;
    let named = spanned(&place.handler, name);
    quote_spanned! {name.span()=>
        const _: fn() = || {
            fn __named<__Handler: ::pontoon::generated::IsHandler<#named>>() {}
            __named::<#name>();
        };
    }
}

/// The path with the span of all of `place`: rustc joins the spans of its first and its last token.
fn spanned(path: &Path, place: impl ToTokens) -> TokenStream {
    let mut spans = place.into_token_stream().into_iter().map(|token| token.span());
    let Some(first) = spans.next() else {
        return path.to_token_stream();
    };
    let last = spans.last().unwrap_or(first);
    let tokens = path.to_token_stream();
    let count = tokens.clone().into_iter().count();
    let at = |(index, mut token): (usize, TokenTree)| {
        token.set_span(if index + 1 == count { last } else { first });
        token
    };
    tokens.into_iter().enumerate().map(at).collect()
}

fn try_resources(input: &DeriveInput) -> Result<TokenStream> {
    let Resources { name, fields } = Resources::from_syn(input)?;
    let provides = fields.members().zip(fields).map(|(member, field)| {
        let ty = &field.ty;
        let cloned = quote_spanned!(ty.span()=> ::core::clone::Clone::clone(&self.#member));
        // rustc lists the impls, each at its field.
        quote_spanned! {ty.span()=>
            #[automatically_derived]
            impl ::pontoon::generated::Provides<#ty> for #name {
                fn provide(&self) -> #ty {
                    #cloned
                }
            }
        }
    });
    // Resources name no operation; where there is no handover, a handler says so.
    let runtime = handover::read(name.span()).map_or_else(|_| runtime::NAME.to_owned(), |handover| handover.runtime);
    Ok(runtime::at(&runtime, aside(&quote!(#(#provides)*))))
}
