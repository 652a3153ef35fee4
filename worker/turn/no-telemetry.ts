/**
 * onnxruntime reports its use to its vendor over HTTPS unless this is set before its library is loaded (1.30,
 * `core/platform/posix/telemetry.cc`). Players' sessions are nobody's business: import this before onnxruntime, and
 * in the main thread before a thread that loads it, because a thread's `process.env` is a copy that no native code
 * sees.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
