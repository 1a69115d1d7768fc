//! What a derive emits beside its own errors: impls that fit everywhere, so that rustc has nothing to add.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error};

/// The errors, and a handler of every operation, made from any resources.
pub(crate) fn handler(input: &DeriveInput, error: &Error) -> TokenStream {
    let errors = error.to_compile_error();
    let name = &input.ident;
    let parameters = &input.generics.params;
    let (_, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #errors

        #[automatically_derived]
        impl<__M: ::pontoon::Operation, __C, #parameters> ::pontoon::Handles<__M, __C> for #name #arguments #bounds {
            async fn run(
                &self,
                _: &__C,
                _: __M::Input,
            ) -> ::core::result::Result<__M::Output, ::pontoon::Error<__M::Rejection>> {
                ::core::future::pending().await
            }
        }

        #[automatically_derived]
        impl<__R, #parameters> ::pontoon::FromResources<__R> for #name #arguments #bounds {
            fn from_resources(_: &__R) -> Self {
                ::core::unreachable!()
            }
        }
    }
}

/// The errors, and resources that have every type.
pub(crate) fn resources(input: &DeriveInput, error: &Error) -> TokenStream {
    let errors = error.to_compile_error();
    let name = &input.ident;
    let parameters = &input.generics.params;
    let (_, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #errors

        #[automatically_derived]
        impl<__T, #parameters> ::pontoon::Provides<__T> for #name #arguments #bounds {
            fn provide(&self) -> __T {
                ::core::unreachable!()
            }
        }
    }
}
