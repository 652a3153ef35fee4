import { expect, test } from 'vitest';
import { systemClock } from '../../src/kube/index.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { DialPacer } from '../discord/dial-pacer.ts';
import { InvalidRequests } from '../discord/invalid-requests.ts';
import { Bot } from './bot.ts';

test('a fault of one bot is told, and rejects nothing that nobody waits for', async () => {
  const lines: string[] = [];
  const log = createLogger({
    name: 'gateway',
    level: 'debug',
    destination: { write: (line) => lines.push(line) },
  });
  log.warn = () => {
    throw new Error('a bug');
  };
  const bot = new Bot({
    applicationId: '1',
    apiUrl: 'http://unused.invalid',
    // No DSN: refused before anything is dialled, which is a warning.
    databaseUrl: 'no DSN',
    log,
    clock: systemClock,
    commons: { pacer: new DialPacer(), invalidRequests: new InvalidRequests(), sessions: undefined },
    snapshot: () => ({ botUserId: '', guilds: [], pending: [] }),
    onRestored: () => {},
    onReady: () => {},
    onResumed: () => {},
    onDispatch: () => {},
  });
  bot.setToken({ kind: 'present', token: 'a' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(bot.state).toMatchObject({ kind: 'Connecting', message: expect.stringContaining('fault') });
  expect(lines.join('')).toContain('The bot stopped because of a fault');
  await bot.close(false);
});
