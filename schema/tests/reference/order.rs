//! The order of the reference: from the document down to the values of single keys, each type under the name that
//! people look for.

/// A heading of the reference.
pub(crate) enum Entry {
    /// The document itself.
    Document { title: &'static str },
    /// A chapter, with what stands above its types.
    Chapter { title: &'static str, text: &'static str },
    /// What all handlers have in common.
    Handlers { title: &'static str },
    /// A type of the JSON Schema, and where it stands in the document.
    Type { title: &'static str, name: &'static str, at: &'static str },
}

impl Entry {
    /// Whether it is the type of this name.
    pub(crate) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Type { name, .. } if *name == wanted)
    }
}

/// The types of handlers: what they all have is told once.
pub(crate) const HANDLERS: [&str; 4] = ["Command", "Subscription", "Worker", "Schedule"];

const fn at(name: &'static str, title: &'static str, at: &'static str) -> Entry {
    Entry::Type { title, name, at }
}

const fn of(name: &'static str, title: &'static str) -> Entry {
    Entry::Type { title, name, at: "" }
}

const fn chapter(title: &'static str, text: &'static str) -> Entry {
    Entry::Chapter { title, text }
}

/// All of the reference, in the order in which a topology is written.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::Document { title: "The document" },
    chapter("Events, queues and state", "What passes between services, and what they keep."),
    at("Event", "Events", "events.<name>"),
    at("Queue", "Queues", "queues.<name>"),
    at("State", "State collections", "state.<name>"),
    of("StateNeed", "Needs of a state collection"),
    chapter("Services", "What there is to call, and what reacts to events, jobs and the clock."),
    at("Service", "Services and versions", "services.<name>"),
    at("ServiceVersion", "One version of several", "services.<name>.versions.<number>"),
    Entry::Handlers { title: "Every handler" },
    at("Command", "Commands", "services.<name>.commands.<name>"),
    at("Subscription", "Subscriptions", "services.<name>.subscriptions.<name>"),
    at("Worker", "Workers", "services.<name>.workers.<name>"),
    at("Schedule", "Schedules", "services.<name>.schedules.<name>"),
    at("Call", "Calls", "invokes"),
    at("Emission", "Emitted events", "emits"),
    at("Enqueuing", "Enqueued jobs", "enqueues"),
    at("Idempotency", "Idempotency", "idempotency"),
    at("Retry", "Retries", "retry"),
    at("Batch", "Batches", "batch"),
    at("Ordered", "Order", "ordered"),
    at("Delivery", "Delivery", "delivery"),
    at("WhenFull", "Full queues", "when_full"),
    at("Missed", "Missed runs", "missed"),
    at("HttpExposure", "Commands over HTTP", "http"),
    chapter("Environments and adapters", "What units run on."),
    at("Environment", "Environments", "environments.<name>"),
    at("EventBridge", "Event bridges", "event_bridge"),
    at("QueueBridge", "Queue bridges", "queue_bridge"),
    at("StateStore", "State stores", "state_store"),
    at("SecretStore", "Secret stores", "secret_store"),
    at("ConfigStore", "Config stores", "config_store"),
    at("Amqp", "RabbitMQ", "amqp"),
    at("Nats", "NATS", "nats"),
    at("Mqtt", "MQTT", "mqtt"),
    at("Redis", "Redis", "redis"),
    at("Embedded", "The local disk", "embedded"),
    at("Dapr", "Dapr", "dapr"),
    of("AwsState", "AWS as a state store"),
    of("AwsStore", "AWS as a store of secrets or settings"),
    of("FileStore", "A folder as a store of secrets or settings"),
    of("NatsConfig", "NATS as a config store"),
    of("RedisConfig", "Redis as a config store"),
    at("Tls", "Encryption", "tls"),
    at("Provision", "Provisioning", "provision"),
    at("Authentication", "Authentication", "authentication.<name>"),
    at("HttpLimits", "The HTTP server", "http"),
    at("Telemetry", "Telemetry", "telemetry"),
    at("Otlp", "OpenTelemetry", "telemetry.otlp"),
    at("LogLevel", "Log levels", "telemetry.level"),
    at("LogFormat", "Log formats", "telemetry.format"),
    at("CustomEventBridge", "Event bridges from elsewhere", "custom"),
    at("BridgeCapabilities", "Capabilities of a bridge", "custom.capabilities"),
    of("Ordering", "Order of a bridge"),
    of("Bound", "Bounds of a bridge"),
    chapter("Deployments and allowances", "How services are grouped to run, and which warnings are meant."),
    at("Deployment", "Deployments", "deployments.<name>"),
    at("Pattern", "Patterns", "pattern"),
    at("OfflineBuffer", "Offline buffers", "outbox"),
    at("Budget", "Budgets", "budget"),
    at("Allowance", "Allowances", "allow"),
    chapter("Values", "How single values are written."),
    of("Format", "Format"),
    of("Name", "Name"),
    of("RustType", "Rust type"),
    of("RustPath", "Rust path"),
    of("ServiceRef", "Service reference"),
    of("CommandRef", "Command reference"),
    of("FieldPath", "Field"),
    of("FilePath", "File path"),
    of("Place", "Place"),
    of("Version", "Version"),
    of("Duration", "Duration"),
    of("Backoff", "Backoff"),
    of("BatchSize", "Size of a batch"),
    of("BatchWait", "Wait for a batch"),
    of("Size", "Size"),
    of("Rate", "Rate"),
    of("Percent", "Percentage"),
    of("Replicas", "Replicas"),
    of("Date", "Date"),
    of("Cron", "Cron"),
    of("TimeZone", "Time zone"),
    of("Route", "Route"),
    of("Text", "Setting"),
    of("Port", "Port"),
];
