//! Ten commands deep, no policy anywhere: each asks the next one, the last one answers. And the same by hand.

use crate::contract::{Answer, Calls, Question};
use crate::topology::deep;
use pontoon::{CommandHandler, Error, Resources};
use std::hint::black_box;

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Asks the first one many times, so that the call from outside, which comes once, does not count.
#[derive(CommandHandler)]
#[command(deep.drive)]
pub struct Drive;

impl Drive {
    async fn handle(&self, ctx: &impl deep::drive::Context, calls: Calls) -> Result<Answer, Error> {
        let mut number = 0;
        for call in 0..calls.calls {
            let question = Question { number: black_box(call) };
            number ^= black_box(ctx.invoke(deep::One, question).await?).number;
        }
        Ok(Answer { number })
    }
}

/// A level. Nine of them differ in nothing but their names.
macro_rules! level {
    ($command:ident, $handler:ident => $next:ident) => {
        /// Asks the next one.
        #[derive(CommandHandler)]
        #[command(deep.$command)]
        pub struct $handler;

        impl $handler {
            async fn handle(&self, ctx: &impl deep::$command::Context, question: Question) -> Result<Answer, Error> {
                let answer = ctx.invoke(deep::$next, Question { number: question.number + 1 }).await?;
                Ok(Answer { number: answer.number ^ question.number })
            }
        }
    };
}

level!(one, One => Two);
level!(two, Two => Three);
level!(three, Three => Four);
level!(four, Four => Five);
level!(five, Five => Six);
level!(six, Six => Seven);
level!(seven, Seven => Eight);
level!(eight, Eight => Nine);
level!(nine, Nine => Ten);

/// The last one, which answers.
#[derive(CommandHandler)]
#[command(deep.ten)]
pub struct Ten;

impl Ten {
    async fn handle(&self, _: &impl deep::ten::Context, question: Question) -> Result<Answer, Error> {
        Ok(Answer { number: question.number.rotate_left(7) })
    }
}

/// The same without Pontoon.
pub mod by_hand {
    use super::{Answer, Calls, Error, Question, black_box};

    /// Asks the first one many times.
    #[derive(Debug, Default)]
    pub struct Drive {
        one: One,
    }

    impl Drive {
        /// As [`super::Drive`].
        ///
        /// # Errors
        /// None; it has the signature of a handler.
        pub async fn handle(&self, calls: Calls) -> Result<Answer, Error> {
            let mut number = 0;
            for call in 0..calls.calls {
                let question = Question { number: black_box(call) };
                number ^= black_box(self.one.handle(question).await?).number;
            }
            Ok(Answer { number })
        }
    }

    macro_rules! level {
        ($handler:ident => $next:ident) => {
            /// Asks the next one.
            #[derive(Debug, Default)]
            pub struct $handler {
                next: $next,
            }

            impl $handler {
                async fn handle(&self, question: Question) -> Result<Answer, Error> {
                    let answer = self.next.handle(Question { number: question.number + 1 }).await?;
                    Ok(Answer { number: answer.number ^ question.number })
                }
            }
        };
    }

    level!(One => Two);
    level!(Two => Three);
    level!(Three => Four);
    level!(Four => Five);
    level!(Five => Six);
    level!(Six => Seven);
    level!(Seven => Eight);
    level!(Eight => Nine);
    level!(Nine => Ten);

    /// Answers.
    #[derive(Debug, Default)]
    pub struct Ten;

    impl Ten {
        async fn handle(&self, question: Question) -> Result<Answer, Error> {
            Ok(Answer { number: question.number.rotate_left(7) })
        }
    }
}
