//! The attributes and what each protocol's binding of CloudEvents calls them.

/// What every payload is.
pub const CONTENT_TYPE: &str = "application/json";

/// An attribute of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attribute {
    /// In MQTT 5: the name of the user property, which is the attribute's own.
    #[cfg_attr(not(feature = "mqtt"), allow(dead_code, reason = "each adapter has a column of its own"))]
    pub mqtt: &'static str,
    /// In NATS: the name of the header.
    #[cfg_attr(not(feature = "nats"), allow(dead_code, reason = "each adapter has a column of its own"))]
    pub nats: &'static str,
    /// In AMQP: the name of the header.
    #[cfg_attr(not(feature = "amqp"), allow(dead_code, reason = "each adapter has a column of its own"))]
    pub amqp: &'static str,
}

macro_rules! attributes {
    ($($(#[$doc:meta])* $constant:ident $name:literal;)*) => {
        impl Attribute {
            /// What CloudEvents call it: `id`, `source`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.mqtt
            }

            $($(#[$doc])* pub const $constant: Self =
                Self { mqtt: $name, nats: concat!("ce-", $name), amqp: concat!("cloudEvents:", $name) };)*
        }
    };
}

attributes! {
    /// The version of CloudEvents.
    SPECVERSION "specversion";
    /// The message.
    ID "id";
    /// Who sent it: topology, unit and instance.
    SOURCE "source";
    /// What it is: the subject.
    TYPE "type";
    /// When it was sent, by the clock of who sent it.
    TIME "time";
    /// The chain of messages that it belongs to.
    CORRELATION "correlationid";
    /// The message whose handling caused it.
    CAUSATION "causationid";
    /// On whose behalf.
    PRINCIPAL "principal";
    /// For which tenant.
    TENANT "tenant";
    /// How many events and jobs led to it, if any.
    HOPS "hops";
    /// Which attempt it is, from the second on.
    ATTEMPT "attempt";
    /// Which one of its publisher's events of this subject it is; the first is 1.
    SEQUENCE "sequence";
    /// For how many milliseconds somebody waits for an answer, from when it was sent: a duration, as clocks of two
    /// hosts differ.
    TIMEOUT "timeoutms";
    /// When a message of others is worth nothing any more. The extension of CloudEvents for that.
    EXPIRY "expirytime";
    /// W3C Trace Context. The extension of CloudEvents for that.
    TRACEPARENT "traceparent";
    /// The rest of it.
    TRACESTATE "tracestate";
    /// What a reply is, where it is no output: `rejection` or `fault`.
    OUTCOME "outcome";
    /// What the log of the unit that served it has a fault under.
    FAULT_ID "faultid";
    /// What kind of fault it was.
    FAULT_CLASS "faultclass";
    /// Why a message was given up.
    DEAD_REASON "deadreason";
    /// How often it had been tried by then.
    DEAD_ATTEMPTS "deadattempts";
}
