/**
 * The limits of the gateway's gRPC API, the same numbers at both ends.
 */
import type { ChannelOptions } from '@grpc/grpc-js';

/** Largest message in either direction, bytes. A configuration with 32 verbose NPCs stays far below it. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Silence after which either end pings, milliseconds. */
export const KEEPALIVE_INTERVAL_MS = 10_000;

/** How long a ping may stay unanswered before the connection counts as dead, milliseconds. */
export const KEEPALIVE_TIMEOUT_MS = 10_000;

/** Streams on one connection. A worker needs one; more lets a replacement stream overlap the old one. */
export const MAX_STREAMS_PER_CONNECTION = 8;

/**
 * An open connection without a stream is closed after this, milliseconds: one that never says what it wants, and one
 * whose streams have ended.
 */
export const CONNECTION_IDLE_MS = 15_000;

export const SERVER_OPTIONS: ChannelOptions = {
  'grpc.max_connection_idle_ms': CONNECTION_IDLE_MS,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': KEEPALIVE_INTERVAL_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
  'grpc.enable_channelz': 0,
};

export const CLIENT_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.keepalive_time_ms': KEEPALIVE_INTERVAL_MS,
  'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.enable_channelz': 0,
  // The gateway is inside the cluster: an HTTP proxy in the environment is for the outside world.
  'grpc.enable_http_proxy': 0,
  // Otherwise grpc-js asks DNS for a TXT record with a service configuration before it dials.
  'grpc.service_config_disable_resolution': 1,
  // Each dial stands alone: no back-off state or certificate is inherited from an earlier one.
  'grpc.use_local_subchannel_pool': 1,
};
