//! Ten services in a chain: each passes a letter on to the next one, and its answer back.

/// A service of the chain. Nine of them differ in nothing but their names.
macro_rules! link {
    ($service:ident => $next:ident) => {
        /// Passes a letter on.
        pub mod $service {
            use crate::contract::Letter;
            use crate::topology::{$next, $service};
            use pontoon::{CommandHandler, Error, Resources};

            /// Nothing is needed.
            #[derive(Resources)]
            pub struct Resources;

            /// Passes a letter on.
            #[derive(CommandHandler)]
            #[command($service.pass)]
            pub struct Pass;

            impl Pass {
                async fn handle(&self, ctx: &impl $service::pass::Context, letter: Letter) -> Result<Letter, Error> {
                    Ok(ctx.invoke($next::Pass, letter).await?)
                }
            }
        }
    };
}

link!(one => two);
link!(two => three);
link!(three => four);
link!(four => five);
link!(five => six);
link!(six => seven);
link!(seven => eight);
link!(eight => nine);
link!(nine => ten);

/// The last one, which gives the letter back.
pub mod ten {
    use crate::contract::Letter;
    use crate::topology::ten;
    use pontoon::{CommandHandler, Error, Resources};

    /// Nothing is needed.
    #[derive(Resources)]
    pub struct Resources;

    /// Gives a letter back.
    #[derive(CommandHandler)]
    #[command(ten.pass)]
    pub struct Pass;

    impl Pass {
        async fn handle(&self, _: &impl ten::pass::Context, letter: Letter) -> Result<Letter, Error> {
            Ok(letter)
        }
    }
}
