//! The service `back`: handlers that answer and count.

use crate::contract::{Answer, Letter, Question};
use crate::count::Counter;
use crate::topology::back;
use pontoon::{CommandHandler, Error, Resources, SubscriptionHandler};

/// What is counted is seen outside.
#[derive(Resources)]
pub struct Resources {
    /// Counts events.
    pub counter: Counter,
}

/// Answers.
#[derive(CommandHandler)]
#[command(back.inner)]
pub struct Inner;

impl Inner {
    async fn handle(&self, _: &impl back::inner::Context, question: Question) -> Result<Answer, Error> {
        Ok(Answer { number: question.number.rotate_left(7) })
    }
}

/// Answers, with a time-out declared.
#[derive(CommandHandler)]
#[command(back.inner_in_time)]
pub struct InnerInTime;

impl InnerInTime {
    async fn handle(&self, _: &impl back::inner_in_time::Context, question: Question) -> Result<Answer, Error> {
        Ok(Answer { number: question.number.rotate_left(7) })
    }
}

/// Counts.
#[derive(SubscriptionHandler)]
#[subscription(back.count)]
pub struct Count {
    counter: Counter,
}

impl Count {
    async fn handle(&self, _: &impl back::count::Context, noted: Letter) -> Result<(), Error> {
        self.counter.count(&noted);
        Ok(())
    }
}
