//! The table of a service's handlers in a unit, from which the struct that holds them and the route to each is made.

/// The handlers of one service in a unit: which operation each of them handles, and what they are made from.
///
/// Generated code has one of these for each service of a unit. It stands for a struct with a field for each handler, a
/// [`Route`](crate::generated::Route) from each operation to its field, and `make`, which makes the handlers from the
/// resources of their service.
///
/// ```text
/// pontoon::generated::handlers! {
///     /// The handlers of `user`.
///     struct UserHandlers in Monolith.user from crate::user::Resources {
///         sign_up: user::SignUp => crate::user::SignUp,
///     }
/// }
/// ```
// The handler's type stands at its route alone: the field takes it from there, so that rustc reports a missing one
// once.
#[doc(hidden)]
#[macro_export]
macro_rules! handlers {
    (
        $(#[$meta:meta])*
        struct $structure:ident in $unit:ident.$service:ident from $resources:ty {
            $($field:ident: $marker:ty => $handler:ty),* $(,)?
        }
    ) => {
        $(#[$meta])*
        struct $structure {
            $($field: <$marker as $crate::generated::Route<$unit>>::Handler),*
        }

        impl $structure {
            fn make(resources: &$resources) -> Self {
                Self {
                    $($field: <$unit as $crate::generated::Unit>::make::<$marker>(resources)),*
                }
            }
        }

        $(
            impl $crate::generated::Route<$unit> for $marker {
                type Resources = $resources;
                type Handler = $handler;

                fn handler(unit: &$unit) -> &Self::Handler {
                    &unit.$service.$field
                }
            }
        )*
    };
}
