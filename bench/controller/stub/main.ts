// Setting 2: a server that costs next to nothing and answers after a fixed time. main.ts PORT LATENCY-MS
import { createServer } from 'node:http';
import { StubApi } from './api.ts';

const [port, latencyMs] = process.argv.slice(2).map(Number);
if (port === undefined || latencyMs === undefined) throw new Error('Usage: main.ts PORT LATENCY-MS');
createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, new StubApi(latencyMs).handle).listen(
  port,
  '127.0.0.1',
);
