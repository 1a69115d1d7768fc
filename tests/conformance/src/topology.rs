//! The module `topology` as the compiler will generate it from `topology.yaml`: a contract of four services, and the units of
//! three deployments. By hand until it does, and in macros, which generated code has none of.

use std::time::Duration;

use pontoon::{
    Command, Delivery, Event, Exposed, Key, Kind, Never, Operation, Policy, Schedule, State, Subscription, Tick,
    Timetable,
};

/// What is common to all operations.
macro_rules! operation {
    (
        $(#[$doc:meta])* $name:ident, $module:ident, $address:literal: $kind:ident,
        $input:ty => $output:ty | $rejection:ty, $policy:expr, [$($edge:path),*] $(, $key:item)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Operation for $name {
            type Input = $input;
            type Output = $output;
            type Rejection = $rejection;
            const KIND: Kind = Kind::$kind;
            const ADDRESS: &'static str = $address;
            const POLICY: Policy = $policy;
            $($key)?
        }

        #[doc = concat!("The context of `", $address, "`.")]
        pub mod $module {
            #[allow(unused_imports)]
            use crate::topology::{back, event, state};

            /// What its handler may do.
            pub trait Context: pontoon::Context $(+ $edge)* {}

            impl<C: pontoon::Context $(+ $edge)*> Context for C {}
        }
    };
}

macro_rules! command {
    ($name:ident, $subject:literal) => {
        impl Command for $name {
            const SUBJECT: &'static str = $subject;
        }

        impl Exposed for $name {}
    };
}

macro_rules! subscription {
    ($name:ident, $event:ident, $delivery:expr $(, $order:item)?) => {
        impl Subscription for $name {
            type Event = super::event::$event;
            const DELIVERY: Delivery = $delivery;
            $($order)?
        }
    };
}

/// Emits and calls.
pub mod front {
    use super::*;
    use crate::system::contract::{Batch, Note, Refused};

    operation!(
        /// Emits notes, one after the other.
        Post, post, "front.v1.post": Command, Batch => () | Never, Policy::new(),
        [
            pontoon::MayEmit<event::Noted>, pontoon::MayEmit<event::Hinted>, pontoon::MayEmit<event::Stepped>,
            pontoon::MayEmit<event::Charged>
        ]
    );
    command!(Post, "suite.command.front.v1.post");

    operation!(
        /// Asks `back.answer`.
        Ask, ask, "front.v1.ask": Command, Note => Note | Refused, Policy::new().timeout(Duration::from_millis(60_000)),
        [pontoon::MayInvoke<back::Answer>]
    );
    command!(Ask, "suite.command.front.v1.ask");

    operation!(
        /// Asks `back.hurry`, which has little time.
        Press, press, "front.v1.press": Command, Note => Note | Never, Policy::new().timeout(Duration::from_millis(60_000)),
        [pontoon::MayInvoke<back::Hurry>]
    );
    command!(Press, "suite.command.front.v1.press");

    operation!(
        /// Emits by itself what it was given before the start.
        Pulse, pulse, "front.v1.pulse": Schedule, Tick => () | Never, Policy::new(),
        [
            pontoon::MayEmit<event::Noted>, pontoon::MayEmit<event::Hinted>, pontoon::MayEmit<event::Stepped>,
            pontoon::MayEmit<event::Charged>
        ]
    );

    impl Schedule for Pulse {
        const TIMETABLE: Timetable = Timetable::every(Duration::from_millis(100));
    }
}

/// Hears and answers.
pub mod back {
    use super::*;
    use crate::system::contract::{Note, Refused};

    operation!(
        /// Answers with what it is asked.
        Answer, answer, "back.v1.answer": Command, Note => Note | Refused, Policy::new().timeout(Duration::from_millis(30_000)), []
    );
    command!(Answer, "suite.command.back.v1.answer");

    operation!(
        /// The same, in little time.
        Hurry, hurry, "back.v1.hurry": Command, Note => Note | Never, Policy::new().timeout(Duration::from_millis(500)), []
    );
    command!(Hurry, "suite.command.back.v1.hurry");

    operation!(
        /// What this service does with a note.
        Hear, hear, "back.v1.hear": Subscription, Note => () | Never, Policy::new(), []
    );
    subscription!(
        Hear,
        Noted,
        Delivery::at_least_once()
            .attempts(3)
            .backoff(Duration::from_millis(400), Duration::from_millis(800))
            .dead_letter()
    );

    operation!(
        /// What this service does with a hint.
        Hint, hint, "back.v1.hint": Subscription, Note => () | Never, Policy::new(), []
    );
    subscription!(Hint, Hinted, Delivery::at_most_once());

    operation!(
        /// Has one effect for each number.
        Charge, charge, "back.v1.charge": Subscription, Note => () | Never,
        Policy::new().timeout(Duration::from_millis(5_000)).idempotency(Duration::from_secs(3600)).outbox(),
        [pontoon::MayWrite<state::Effects>],
        fn key(input: &Note) -> Option<Key> {
            Some(Key::of(&input.number))
        }
    );
    subscription!(
        Charge,
        Charged,
        Delivery::at_least_once()
            .attempts(5)
            .backoff(Duration::from_millis(100), Duration::from_millis(1_000))
            .dead_letter()
    );
}

/// Hears the same.
pub mod side {
    use super::*;
    use crate::system::contract::Note;

    operation!(
        /// What this service does with a note.
        Hear, hear, "side.v1.hear": Subscription, Note => () | Never, Policy::new(), []
    );
    subscription!(
        Hear,
        Noted,
        Delivery::at_least_once()
            .attempts(3)
            .backoff(Duration::from_millis(100), Duration::from_millis(400))
            .dead_letter()
    );

    operation!(
        /// What this service does with a hint.
        Hint, hint, "side.v1.hint": Subscription, Note => () | Never, Policy::new(), []
    );
    subscription!(Hint, Hinted, Delivery::at_most_once());
}

/// Hears in order.
pub mod steps {
    use super::*;
    use crate::system::contract::Note;

    operation!(
        /// One step after the other.
        Step, step, "steps.v1.step": Subscription, Note => () | Never, Policy::new(), []
    );
    subscription!(
        Step,
        Stepped,
        Delivery::at_least_once()
            .attempts(3)
            .backoff(Duration::from_millis(50), Duration::from_millis(200))
            .dead_letter()
            .ordered()
            .concurrency(4),
        fn order(payload: &Note) -> Option<Key> {
            Some(Key::of(&payload.key))
        }
    );
}

/// Facts that are published.
pub mod event {
    use super::*;

    macro_rules! event {
        ($(#[$doc:meta])* $name:ident, $subject:literal) => {
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;

            impl Event for $name {
                type Payload = crate::system::contract::Note;
                const SUBJECT: &'static str = $subject;
            }
        };
    }

    event!(
        /// Heard at least once, by two services.
        Noted,
        "suite.event.noted.v1"
    );
    event!(
        /// Heard at most once, by two services.
        Hinted,
        "suite.event.hinted.v1"
    );
    event!(
        /// Heard at least once, in the order of each key.
        Stepped,
        "suite.event.stepped.v1"
    );
    event!(
        /// Heard at least once, with one effect.
        Charged,
        "suite.event.charged.v1"
    );
}

/// What handlers keep.
pub mod state {
    use super::*;

    /// How often each number had an effect.
    #[derive(Clone, Copy, Debug)]
    pub struct Effects;

    impl State for Effects {
        type Value = u64;
        const NAME: &'static str = "effects";
    }
}

/// A unit of services.
macro_rules! unit {
    (
        $module:ident, $unit:ident, $name:literal, $environments:expr;
        $($service:ident: [$($field:ident = $marker:ident),*]),*;
        emits [$($publisher:ident = $event:ident),*];
        keeps [$($collection:ident = $state:ident),*];
        reaches [$($remote:path),*];
        listens |$intake:ident| $listen:block
    ) => {
        #[doc = concat!("The unit `", $name, "`.")]
        pub mod $module {
            use std::future::Future;
            use std::time::Duration;

            #[allow(unused_imports)]
            use pontoon::{
                Bridge, Collection, Emits, Environment, Intake, Keeps, Ports, Publisher, Reach, Route, Started, Unit,
            };

            #[allow(unused_imports)]
            use crate::topology::{back, event, front, side, state, steps};

            /// What the services of this unit are made from.
            pub struct Resources {
                $(
                    #[doc = concat!("For the handlers of `", stringify!($service), "`.")]
                    pub $service: crate::system::$service::Resources
                ),*
            }

            #[doc = concat!("The unit `", $name, "`.")]
            pub struct $unit {
                $($($field: Handler<crate::topology::$service::$marker>,)*)*
                $($publisher: Publisher<event::$event>,)*
                $($collection: Collection<state::$state>,)*
            }

            /// The type that handles an operation here.
            type Handler<M> = <M as Route<$unit>>::Handler;

            $($(
                impl Route<$unit> for crate::topology::$service::$marker {
                    type Resources = crate::system::$service::Resources;
                    type Handler = crate::system::$service::$marker;

                    fn handler(unit: &$unit) -> &Self::Handler {
                        &unit.$field
                    }
                }
            )*)*

            $(
                impl Reach<$unit> for $remote {
                    type Way = Bridge;
                }
            )*

            $(
                impl Emits<event::$event> for $unit {
                    fn publisher(&self) -> &Publisher<event::$event> {
                        &self.$publisher
                    }
                }
            )*

            $(
                impl Keeps<state::$state> for $unit {
                    fn collection(&self) -> &Collection<state::$state> {
                        &self.$collection
                    }
                }
            )*

            impl Unit for $unit {
                type Resources = Resources;
                const TOPOLOGY: &'static str = "suite";
                const NAME: &'static str = $name;
                const GRACE: Duration = Duration::from_secs(6);
                const ENVIRONMENTS: &'static [Environment] = $environments;

                fn assemble(resources: &Resources, ports: &Ports) -> Self {
                    let _ = ports;
                    Self {
                        $($($field: Self::make::<crate::topology::$service::$marker>(&resources.$service),)*)*
                        $($publisher: ports.publisher(),)*
                        $($collection: ports.collection(),)*
                    }
                }

                fn listen($intake: &mut Intake<Self>) $listen
            }

            /// Runs this unit until a signal, then stops it.
            pub fn run(resources: Resources) -> impl Future<Output = pontoon::Result<()>> + Send {
                pontoon::run::<$unit>(resources)
            }

            /// Starts this unit; what comes back has its client, and stops it.
            pub fn start(resources: Resources) -> impl Future<Output = pontoon::Result<Started<$unit>>> + Send {
                pontoon::start::<$unit>(resources)
            }
        }
    };
}

/// Environments on brokers.
pub mod environments {
    use pontoon::{Amqp, Environment, Mqtt, Nats, Part, Text};

    pub(super) const AMQP: Environment =
        Environment::new("amqp").ephemeral().event_bridge(&Amqp::new(Text(&[Part::Variable("AMQP_URL")])));
    pub(super) const NATS: Environment =
        Environment::new("nats").ephemeral().event_bridge(&Nats::new(Text(&[Part::Variable("NATS_SERVERS")])));
    pub(super) const MQTT: Environment = Environment::new("mqtt")
        .ephemeral()
        .event_bridge(&Mqtt::new(Text(&[Part::Variable("MQTT_URL")]), Text(&[Part::Variable("MQTT_CLIENT_ID")])));
}

/// A unit for each service but `steps`.
pub mod apart {
    use super::environments::{AMQP, MQTT, NATS};

    unit! {
        front, Front, "front", &[super::AMQP, super::NATS, super::MQTT];
        front: [post = Post, ask = Ask, press = Press, pulse = Pulse];
        emits [noted = Noted, hinted = Hinted, stepped = Stepped, charged = Charged];
        keeps [];
        reaches [back::Answer, back::Hurry];
        listens |intake| {
            intake.serve(front::Post);
            intake.serve(front::Ask);
            intake.serve(front::Press);
            intake.tick(front::Pulse);
            intake.keep(back::Hear);
            intake.keep(back::Charge);
            intake.keep(side::Hear);
        }
    }

    unit! {
        back, Back, "back", &[super::AMQP, super::NATS, super::MQTT];
        back: [answer = Answer, hurry = Hurry, hear = Hear, hint = Hint, charge = Charge];
        emits [];
        keeps [effects = Effects];
        reaches [];
        listens |intake| {
            intake.serve(back::Answer);
            intake.serve(back::Hurry);
            intake.subscribe(back::Hear);
            intake.subscribe(back::Hint);
            intake.subscribe(back::Charge);
        }
    }

    unit! {
        side, Side, "side", &[super::AMQP, super::NATS, super::MQTT];
        side: [hear = Hear, hint = Hint];
        emits [];
        keeps [];
        reaches [];
        listens |intake| {
            intake.subscribe(side::Hear);
            intake.subscribe(side::Hint);
        }
    }
}

/// Order by key, which not every bridge can keep.
pub mod in_order {
    use super::environments::{AMQP, NATS};

    unit! {
        front, Front, "front", &[super::AMQP, super::NATS];
        front: [post = Post, ask = Ask, press = Press, pulse = Pulse];
        emits [noted = Noted, hinted = Hinted, stepped = Stepped, charged = Charged];
        keeps [];
        reaches [back::Answer, back::Hurry];
        listens |intake| {
            intake.serve(front::Post);
            intake.tick(front::Pulse);
            intake.keep(steps::Step);
        }
    }

    unit! {
        steps, Steps, "steps", &[super::AMQP, super::NATS];
        steps: [step = Step];
        emits [];
        keeps [];
        reaches [];
        listens |intake| {
            intake.subscribe(steps::Step);
        }
    }
}

unit! {
    together, Together, "together", &[Environment::new("in_memory").ephemeral()];
    front: [post = Post, ask = Ask, press = Press, pulse = Pulse],
    back: [answer = Answer, hurry = Hurry, hear = Hear, hint = Hint, charge = Charge];
    emits [noted = Noted, hinted = Hinted, stepped = Stepped, charged = Charged];
    keeps [effects = Effects];
    reaches [];
    listens |intake| {
        intake.tick(front::Pulse);
        intake.subscribe(back::Hear);
        intake.subscribe(back::Hint);
        intake.subscribe(back::Charge);
    }
}
