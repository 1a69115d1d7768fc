//! A contract as it is generated from a topology, written by hand: services `user` and `email`, their events, queues
//! and state, and a `lab` of commands with one promise each.

use pontoon::adapter::{QueuePolicy, SubscriptionPolicy, WhenFull};
use pontoon::generated::{
    Command, Event, Exposed, Key, Kind, Listeners, Operation, Policy, Queue, Schedule, Secret, State, Subscription,
    Timetable, Worker,
};
use pontoon::{Never, Tick};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewUser {
    pub email: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserId(pub String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub email: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserSignedUp {
    pub id: UserId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    pub number: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SignUpRejected {
    Taken,
}

impl std::fmt::Display for SignUpRejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("taken")
    }
}

impl std::error::Error for SignUpRejected {}

/// Money that moves once, if it has a key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    pub key: Option<String>,
    pub amount: u64,
}

/// A command with `u64` in and out, exposed, that may do nothing.
macro_rules! command {
    ($name:ident, $module:ident, $address:literal, $policy:expr, [$($edge:path),*] $(, $key:item)?) => {
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Operation for $name {
            type Input = u64;
            type Output = u64;
            type Rejection = Never;
            const KIND: Kind = Kind::Command;
            const ADDRESS: &'static str = $address;
            const POLICY: Policy = $policy;
            $($key)?
        }

        impl Command for $name {
            const SUBJECT: &'static str = concat!("shop.command.", $address);
        }

        impl Exposed for $name {}

        pub mod $module {
            #[allow(unused_imports)]
            use super::super::*;
            pub trait Context: pontoon::Context $(+ $edge)* {}
            impl<C: pontoon::Context $(+ $edge)*> Context for C {}
        }
    };
}

pub mod user {
    use super::*;

    /// Registers a user and welcomes them.
    #[derive(Clone, Copy, Debug)]
    pub struct SignUp;

    impl Operation for SignUp {
        type Input = NewUser;
        type Output = UserId;
        type Rejection = SignUpRejected;
        const KIND: Kind = Kind::Command;
        const ADDRESS: &'static str = "user.v1.sign_up";
        const POLICY: Policy = Policy::new().timeout(Duration::from_secs(3)).outbox();
    }

    impl Command for SignUp {
        const SUBJECT: &'static str = "shop.command.user.v1.sign_up";
    }

    impl Exposed for SignUp {}

    pub mod sign_up {
        use crate::contract::{email, event, queue, secret, state};
        use pontoon::edge::{MayEmit, MayEnqueue, MayInvoke, MayRead, MayReveal, MayWrite};

        /// What the handler of `user.sign_up` may do.
        pub trait Context:
            pontoon::Context
            + MayInvoke<email::SendWelcome>
            + MayEmit<event::UserSignedUp>
            + MayEnqueue<queue::Invoices>
            + MayRead<state::Users>
            + MayWrite<state::Users>
            + MayReveal<secret::SmtpPassword>
        {
        }

        impl<C> Context for C where
            C: pontoon::Context
                + MayInvoke<email::SendWelcome>
                + MayEmit<event::UserSignedUp>
                + MayEnqueue<queue::Invoices>
                + MayRead<state::Users>
                + MayWrite<state::Users>
                + MayReveal<secret::SmtpPassword>
        {
        }
    }
}

pub mod email {
    use super::*;

    command!(
        SendWelcome,
        send_welcome,
        "email.v1.send_welcome",
        Policy::new()
            .timeout(Duration::from_millis(500))
            .retry(3)
            .backoff(Duration::from_millis(50), Duration::from_millis(200)),
        []
    );

    /// What this service does when somebody has signed up.
    #[derive(Clone, Copy, Debug)]
    pub struct Greet;

    impl Operation for Greet {
        type Input = UserSignedUp;
        type Output = ();
        type Rejection = Never;
        const KIND: Kind = Kind::Subscription;
        const ADDRESS: &'static str = "email.v1.greet";
    }

    impl Subscription for Greet {
        type Event = event::UserSignedUp;
        const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_least_once()
            .attempts(3)
            .backoff(Duration::from_secs(1), Duration::from_secs(10))
            .dead_letter()
            .bound(4);
    }

    pub mod greet {
        pub trait Context: pontoon::Context {}
        impl<C: pontoon::Context> Context for C {}
    }

    /// Works on invoices.
    #[derive(Clone, Copy, Debug)]
    pub struct Bill;

    impl Operation for Bill {
        type Input = Invoice;
        type Output = ();
        type Rejection = Never;
        const KIND: Kind = Kind::Worker;
        const ADDRESS: &'static str = "email.v1.bill";
        const POLICY: Policy = Policy::new().idempotency(Duration::from_secs(7 * 24 * 3600));

        fn key(input: &Invoice) -> Option<Key> {
            Some(Key::of(&input.number))
        }
    }

    impl Worker for Bill {
        type Queue = queue::Invoices;
        const CONCURRENCY: u32 = 2;
    }

    pub mod bill {
        pub trait Context: pontoon::Context {}
        impl<C: pontoon::Context> Context for C {}
    }
}

pub mod lab {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    command!(Plain, plain, "lab.plain", Policy::new(), []);
    command!(Hop, hop, "lab.hop", Policy::new(), [pontoon::edge::MayInvoke<lab::Plain>]);
    command!(
        Timed,
        timed,
        "lab.timed",
        Policy::new().timeout(Duration::from_millis(100)),
        [pontoon::edge::MayInvoke<lab::Slow>]
    );
    command!(Slow, slow, "lab.slow", Policy::new().timeout(Duration::from_secs(3600)), []);
    command!(Retried, retried, "lab.retried", Policy::new().retry(3).backoff(MS, Duration::from_secs(10)), []);
    command!(
        Patient,
        patient,
        "lab.patient",
        Policy::new().timeout(Duration::from_secs(1)),
        [pontoon::edge::MayInvoke<lab::Stubborn>]
    );
    command!(
        Stubborn,
        stubborn,
        "lab.stubborn",
        Policy::new().retry(1000).backoff(Duration::from_millis(400), Duration::from_millis(400)),
        []
    );
    command!(
        Once,
        once,
        "lab.once",
        Policy::new().timeout(Duration::from_secs(10)).idempotency(Duration::from_secs(3600)),
        [pontoon::edge::MayUpdate<state::Counters>],
        fn key(input: &u64) -> Option<Key> {
            assert_ne!(*input, 666, "an idempotency key that panics");
            Some(Key::of(input))
        }
    );
    command!(
        OnceTogether,
        once_together,
        "lab.once_together",
        Policy::new().timeout(Duration::from_secs(10)).idempotency(Duration::from_secs(3600)).outbox(),
        [pontoon::edge::MayUpdate<state::Counters>, pontoon::edge::MayEmit<event::Ping>],
        fn key(input: &u64) -> Option<Key> {
            Some(Key::of(input))
        }
    );
    command!(
        Post,
        post,
        "lab.post",
        Policy::new(),
        [pontoon::edge::MayEmit<event::Ping>, pontoon::edge::MayEnqueue<queue::Tasks>, pontoon::edge::MayEmit<event::Keyed>]
    );
    command!(
        Keep,
        keep,
        "lab.keep",
        Policy::new().outbox(),
        [
            pontoon::edge::MayRead<state::Counters>,
            pontoon::edge::MayWrite<state::Counters>,
            pontoon::edge::MayEmit<event::Ping>,
            pontoon::edge::MayInvoke<lab::Post>
        ]
    );

    /// A subscription to `event`.
    macro_rules! subscription {
        ($name:ident, $module:ident, $event:ident, $input:ty, $delivery:expr, [$($edge:path),*] $(, $order:item)?) => {
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Operation for $name {
                type Input = $input;
                type Output = ();
                type Rejection = Never;
                const KIND: Kind = Kind::Subscription;
                const ADDRESS: &'static str = concat!("lab.", stringify!($module));
            }

            impl Subscription for $name {
                type Event = event::$event;
                const DELIVERY: SubscriptionPolicy = $delivery;
                $($order)?
            }

            pub mod $module {
                #[allow(unused_imports)]
                use super::super::*;
                pub trait Context: pontoon::Context $(+ $edge)* {}
                impl<C: pontoon::Context $(+ $edge)*> Context for C {}
            }
        };
    }

    subscription!(
        Pong,
        pong,
        Ping,
        u64,
        SubscriptionPolicy::at_most_once().concurrency(3).bound(2).when_full(WhenFull::Refuse),
        []
    );
    subscription!(
        Echo,
        echo,
        Ping,
        u64,
        SubscriptionPolicy::at_least_once().bound(2).when_full(WhenFull::DropOldest),
        [pontoon::edge::MayEmit<event::Again>]
    );
    subscription!(
        Round,
        round,
        Again,
        u64,
        SubscriptionPolicy::at_least_once().dead_letter(),
        [pontoon::edge::MayEmit<event::Again>]
    );
    subscription!(
        InOrder,
        in_order,
        Keyed,
        (String, u64),
        SubscriptionPolicy::at_least_once()
            .ordered()
            .concurrency(4)
            .backoff(Duration::from_secs(1), Duration::from_secs(1)),
        [],
        fn order(payload: &(String, u64)) -> Option<Key> {
            assert_ne!(payload.0, "?", "an ordering key that panics");
            Some(Key::of(&payload.0))
        }
    );

    /// Pays once for each key, and each time without one.
    #[derive(Clone, Copy, Debug)]
    pub struct Pay;

    /// The same for events.
    #[derive(Clone, Copy, Debug)]
    pub struct Book;

    /// The same, in the order of the keys.
    #[derive(Clone, Copy, Debug)]
    pub struct BookInOrder;

    macro_rules! paying {
        ($name:ident, $module:ident, $kind:ident, $output:ty, $key:expr) => {
            impl Operation for $name {
                type Input = Payment;
                type Output = $output;
                type Rejection = Never;
                const KIND: Kind = Kind::$kind;
                const ADDRESS: &'static str = concat!("lab.", stringify!($module));
                const POLICY: Policy = Policy::new().idempotency(Duration::from_secs(3600));

                fn key(input: &Payment) -> Option<Key> {
                    $key(input)
                }
            }

            pub mod $module {
                pub trait Context: pontoon::Context {}
                impl<C: pontoon::Context> Context for C {}
            }
        };
    }

    paying!(Pay, pay, Command, u64, |input: &Payment| Key::field(&input.key).optional());
    paying!(Book, book, Subscription, (), |input: &Payment| {
        Some(Key::field(&input.key.clone().unwrap_or_default()).required())
    });
    paying!(BookInOrder, book_in_order, Subscription, (), |input: &Payment| Key::field(&input.key).optional());

    impl Command for Pay {
        const SUBJECT: &'static str = "shop.command.lab.pay";
    }

    impl Exposed for Pay {}

    impl Subscription for Book {
        type Event = event::Paid;
        const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_least_once().attempts(3).dead_letter();
    }

    impl Subscription for BookInOrder {
        type Event = event::PaidInOrder;
        const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_least_once().attempts(3).dead_letter().ordered();

        fn order(payload: &Payment) -> Option<Key> {
            Some(Key::of(&payload.key))
        }
    }

    /// Works on tasks.
    #[derive(Clone, Copy, Debug)]
    pub struct Toil;

    impl Operation for Toil {
        type Input = u64;
        type Output = ();
        type Rejection = Never;
        const KIND: Kind = Kind::Worker;
        const ADDRESS: &'static str = "lab.toil";
    }

    impl Worker for Toil {
        type Queue = queue::Tasks;
        const CONCURRENCY: u32 = 2;
    }

    pub mod toil {
        pub trait Context: pontoon::Context {}
        impl<C: pontoon::Context> Context for C {}
    }

    /// Runs every ten seconds.
    #[derive(Clone, Copy, Debug)]
    pub struct Beat;

    /// Runs at three in the morning.
    #[derive(Clone, Copy, Debug)]
    pub struct Nightly;

    /// Runs every minute, in one instance at a time.
    #[derive(Clone, Copy, Debug)]
    pub struct Lonely;

    /// Runs every day at noon; one run makes up for those that were missed.
    #[derive(Clone, Copy, Debug)]
    pub struct Noon;

    /// Runs every hour, in one instance at a time; one run makes up for those that were missed.
    #[derive(Clone, Copy, Debug)]
    pub struct Hourly;

    macro_rules! schedule {
        ($name:ident, $module:ident, $timetable:expr $(, $constant:ident)*) => {
            impl Operation for $name {
                type Input = Tick;
                type Output = ();
                type Rejection = Never;
                const KIND: Kind = Kind::Schedule;
                const ADDRESS: &'static str = concat!("lab.", stringify!($module));
            }

            impl Schedule for $name {
                const TIMETABLE: Timetable = $timetable;
                $(const $constant: bool = true;)*
            }

            pub mod $module {
                pub trait Context: pontoon::Context {}
                impl<C: pontoon::Context> Context for C {}
            }
        };
    }

    schedule!(Beat, beat, Timetable::every(Duration::from_secs(10)));
    schedule!(Nightly, nightly, Timetable::cron("0 3 * * *"));
    schedule!(Lonely, lonely, Timetable::cron("* * * * *"), SINGLE);
    schedule!(Noon, noon, Timetable::cron("0 12 * * *"), MAKES_UP);
    schedule!(Hourly, hourly, Timetable::every(Duration::from_secs(3600)), SINGLE, MAKES_UP);
}

pub mod event {
    use super::*;

    macro_rules! event {
        ($name:ident, $payload:ty, $subject:literal $(, $hops:item)?) => {
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Event for $name {
                type Payload = $payload;
                const SUBJECT: &'static str = $subject;
                $($hops)?
            }
        };
    }

    event!(UserSignedUp, super::UserSignedUp, "shop.event.user_signed_up.v1");
    event!(
        Ping,
        u64,
        "shop.event.ping.v1",
        const LISTENERS: Listeners = Listeners::new().keep(Duration::from_secs(3600));
    );
    event!(Paid, Payment, "shop.event.paid.v1");
    event!(PaidInOrder, Payment, "shop.event.paid_in_order.v1");
    event!(Keyed, (String, u64), "shop.event.keyed.v1");
    event!(Again, u64, "shop.event.again.v1", const MAX_HOPS: Option<u32> = Some(4););
}

pub mod queue {
    use super::*;

    /// Bills to be written.
    #[derive(Clone, Copy, Debug)]
    pub struct Invoices;

    impl Queue for Invoices {
        type Payload = Invoice;
        const SUBJECT: &'static str = "shop.queue.invoices";
        const POLICY: QueuePolicy = QueuePolicy::new().attempts(2).dead_letter().bound(100).when_full(WhenFull::Refuse);
    }

    /// Work of any kind.
    #[derive(Clone, Copy, Debug)]
    pub struct Tasks;

    impl Queue for Tasks {
        type Payload = u64;
        const SUBJECT: &'static str = "shop.queue.tasks";
        const POLICY: QueuePolicy = QueuePolicy::new()
            .lease(Duration::from_secs(30))
            .attempts(3)
            .backoff(Duration::from_secs(1), Duration::from_secs(10))
            .dead_letter()
            .bound(3)
            .when_full(WhenFull::Wait)
            .remember(Duration::from_secs(60));
    }
}

pub mod state {
    use super::*;

    /// Everybody who has an account.
    #[derive(Clone, Copy, Debug)]
    pub struct Users;

    impl State for Users {
        type Value = User;
        const NAME: &'static str = "users";
    }

    /// Counts of this and that.
    #[derive(Clone, Copy, Debug)]
    pub struct Counters;

    impl State for Counters {
        type Value = u64;
        const NAME: &'static str = "counters";
        const TTL: Option<Duration> = Some(Duration::from_secs(24 * 3600));
    }
}

pub mod secret {
    use super::*;

    /// For the mail server.
    #[derive(Clone, Copy, Debug)]
    pub struct SmtpPassword;

    impl Secret for SmtpPassword {
        const NAME: &'static str = "smtp_password";
    }
}
