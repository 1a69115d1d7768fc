//! What the derives write on a handler and on the resources of its service. By hand until the topology is generated: the
//! derives ask the compiler what they are to write.

/// A handler that has the script of its service.
macro_rules! handler {
    ($name:ident, $marker:path, $context:path) => {
        impl<C: $context> pontoon::Handles<$marker, C> for $name {
            fn run(
                &self,
                context: &C,
                input: <$marker as pontoon::Operation>::Input,
            ) -> impl Future<
                Output = Result<
                    <$marker as pontoon::Operation>::Output,
                    pontoon::Error<<$marker as pontoon::Operation>::Rejection>,
                >,
            > + Send {
                self.handle(context, input)
            }
        }

        impl<U> pontoon::HandlerOf<$marker, U, Resources> for $name where
            Self: for<'c> pontoon::Handles<$marker, pontoon::Call<'c, U>>
        {
        }

        impl pontoon::FromResources<Resources> for $name {
            fn from_resources(resources: &Resources) -> Self {
                Self { script: pontoon::Provides::<Script>::provide(resources) }
            }
        }
    };
}

/// Resources that are a script.
macro_rules! resources {
    ($name:ident) => {
        impl pontoon::Provides<Script> for $name {
            fn provide(&self) -> Script {
                self.script.clone()
            }
        }
    };
}

pub(super) use {handler, resources};
