//! The columns of MQTT's three logs.

use model::{Column, FLOW_KEYS, Field, Kind, Scalar, Type, field};

/// `mqtt_connect.log`: one row for each client.
pub const CONNECT: Kind =
    Kind { name: "mqtt_connect", doc: "A client that connects to an MQTT broker.", keys: FLOW_KEYS, fields: CONNECT_FIELDS };

const CONNECT_FIELDS: &[Field] = &[
    field("proto_name", Type::STRING, "", "The protocol by its own name."),
    field("proto_version", Type::STRING, "", "Its version."),
    field("client_id", Type::STRING, "", "What the client calls itself."),
    field("connect_status", Type::STRING, "", "What the broker answered."),
    field("will_topic", Type::STRING, "", "Where the client's last will is to go."),
    field("will_payload", Type::STRING, "", "The client's last will."),
];

/// Name.
pub const PROTO_NAME: Column = CONNECT.column("proto_name");
/// Version.
pub const PROTO_VERSION: Column = CONNECT.column("proto_version");
/// Client.
pub const CLIENT_ID: Column = CONNECT.column("client_id");
/// Answer.
pub const CONNECT_STATUS: Column = CONNECT.column("connect_status");
/// Topic of the will.
pub const WILL_TOPIC: Column = CONNECT.column("will_topic");
/// The will.
pub const WILL_PAYLOAD: Column = CONNECT.column("will_payload");

/// `mqtt_publish.log`: one row for each message.
pub const PUBLISH: Kind =
    Kind { name: "mqtt_publish", doc: "A message that is published over MQTT.", keys: FLOW_KEYS, fields: PUBLISH_FIELDS };

const PUBLISH_FIELDS: &[Field] = &[
    field("from_client", Type::BOOL, "", "Whether the client published it, or the broker passed it on."),
    field("retain", Type::BOOL, "", "Whether the broker is to keep it."),
    field("qos", Type::STRING, "", "How surely it is to arrive."),
    field("status", Type::STRING, "", "Whether it did: ok or incomplete_qos."),
    field("topic", Type::STRING, "", "Where it goes."),
    field("payload", Type::STRING, "", "Its first bytes."),
    field("payload_len", Type::COUNT, "bytes", "Its length."),
];

/// Direction.
pub const FROM_CLIENT: Column = PUBLISH.column("from_client");
/// Kept.
pub const RETAIN: Column = PUBLISH.column("retain");
/// Quality of service.
pub const QOS: Column = PUBLISH.column("qos");
/// Outcome.
pub const STATUS: Column = PUBLISH.column("status");
/// Topic.
pub const TOPIC: Column = PUBLISH.column("topic");
/// Content.
pub const PAYLOAD: Column = PUBLISH.column("payload");
/// Length.
pub const PAYLOAD_LEN: Column = PUBLISH.column("payload_len");

/// `mqtt_subscribe.log`: one row for each subscription, and for the end of one.
pub const SUBSCRIBE: Kind = Kind {
    name: "mqtt_subscribe",
    doc: "A client that subscribes to topics, or no longer wants them.",
    keys: FLOW_KEYS,
    fields: SUBSCRIBE_FIELDS,
};

const SUBSCRIBE_FIELDS: &[Field] = &[
    field("action", Type::ENUM, "", "MQTT::SUBSCRIBE or MQTT::UNSUBSCRIBE."),
    field("topics", Type::STRINGS, "", "The topics, or patterns of topics."),
    field("qos_levels", Type::Vector(Scalar::Count), "", "The quality of service asked for, for each topic."),
    field("granted_qos_level", Type::COUNT, "", "The quality of service granted."),
    field("ack", Type::BOOL, "", "Whether the broker answered."),
];

/// What is done.
pub const ACTION: Column = SUBSCRIBE.column("action");
/// Topics.
pub const TOPICS: Column = SUBSCRIBE.column("topics");
/// Asked for.
pub const QOS_LEVELS: Column = SUBSCRIBE.column("qos_levels");
/// Granted.
pub const GRANTED_QOS_LEVEL: Column = SUBSCRIBE.column("granted_qos_level");
/// Answered.
pub const ACK: Column = SUBSCRIBE.column("ack");
