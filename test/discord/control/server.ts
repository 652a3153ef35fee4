import type { IncomingMessage, ServerResponse } from 'node:http';
import { ZodError } from 'zod';
import type { DiscordSimulator } from '../simulator.ts';
import { ScenarioError } from '../world/world.ts';
import { methods } from './methods.ts';

/**
 * `POST /control/<method>` with the parameters as a JSON object; answers `{result}` or `{error}`.
 * `GET /control/` answers the addresses. Requests that wait (say, waitToHear) stay open until done.
 */
export function controlServer(simulator: DiscordSimulator) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    handle(simulator, request).then(
      ({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      },
      () => response.destroy(),
    );
  };
}

async function handle(
  simulator: DiscordSimulator,
  request: IncomingMessage,
): Promise<{ status: number; body: unknown }> {
  const name = new URL(request.url ?? '/', 'http://control').pathname.replace(/^\/control\//, '');
  if (request.method === 'GET' && name === '') return { status: 200, body: { result: simulator.addresses } };
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method || request.method !== 'POST') {
    return {
      status: 404,
      body: { error: `no method ${name}: there are ${Object.keys(methods).join(', ')}` },
    };
  }
  try {
    const text = await read(request);
    const result = await method.run(simulator, text === '' ? {} : JSON.parse(text));
    return { status: 200, body: { result } };
  } catch (error) {
    return {
      status: error instanceof ScenarioError || error instanceof ZodError ? 400 : 500,
      body: { error: explain(error) },
    };
  }
}

function explain(error: unknown): string {
  if (error instanceof ZodError) {
    return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
