/** A language model that fails while people play: another one answers in the same turn, and is paid for it. */
import { afterEach, expect, inject, test } from 'vitest';
import { AddressReach } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { Database, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { ProviderDouble } from '../../providers/double.ts';
import { GoogleDouble } from '../../providers/google/double.ts';
import { Scene } from './scene.ts';

let scene: Scene;
const first = new ProviderDouble();
const second = new GoogleDouble();

afterEach(async () => {
  await scene.close();
  await first.stop();
  await second.stop();
});

test('Gemini answers while the first model fails; that is said, and over as soon as the first works again', async () => {
  const schema = `fallback_${Date.now()}`;
  const databaseUrl = tenantDatabaseUrl(inject('databaseUrl'), schema);
  await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
  await first.start();
  await second.start();
  const reach = AddressReach.ANY;
  const fallback = {
    ...{ kind: 'google', model: 'gemini-double', baseUrl: second.baseURL, reach },
    ...{ pricePerUnitUsd: 0.01, fallback: undefined },
  };
  const llm = {
    kind: 'openai',
    model: 'double',
    baseUrl: first.baseURL,
    reach,
    pricePerUnitUsd: 0.001,
    fallback,
  };
  scene = await Scene.create({ databaseUrl, configuration: { llm } });
  const { gateway } = scene;
  const alice = await scene.simulator.person({ guildId: scene.guildId, name: 'Alice' });
  gateway.name(alice.userId, 'Alice');
  await alice.joinVoice(scene.channelId);
  const worker = scene.worker();
  await scene.listening();
  const ask = async (): Promise<void> => {
    scene.providers.script('Bruno, can you mend my sword?');
    const { startedAt } = await alice.say(await scene.speech('Bruno, can you mend my sword?'));
    await alice.waitToHear({ from: scene.bot.applicationId, afterMs: startedAt, timeoutMs: 30_000 });
  };

  first.setFaults({ chat: { status: 503 } });
  await ask();
  expect(JSON.stringify(second.requests[0]?.body)).toContain('You are Bruno');
  const report = await gateway.until('the fallback is reported', () =>
    gateway.reports.find(({ reason }) => reason === 'FallbackServes'),
  );
  expect(report.message).toContain('with model gemini-double serves, because llm:');
  expect(report.message).toContain('answered 503');
  expect(report.models).toContain('llm:gemini-double');

  first.setFaults({});
  await ask();
  await gateway.until('the first is back', () => {
    const last = gateway.reports.at(-1);
    return last?.state === 'WORKER_STATE_RUNNING' && last.models.includes('llm:double');
  });
  expect(second.requests.length).toBeGreaterThan(0);

  gateway.send({ $case: 'stop', value: { reason: 'Requested', message: '' } });
  expect(await worker.exit).toBe(0);
  const database = new Database({ url: databaseUrl, applicationName: 'test' });
  const bill = await database.query(
    'read the bill',
    `SELECT provider_kind AS kind, provider_model AS model, round((spend_usd / units)::numeric, 6)::float AS price
     FROM provider_usage WHERE provider_role = 'llm' ORDER BY provider_kind`,
    [],
  );
  await database.close();
  expect(bill).toEqual([
    { kind: 'google', model: 'gemini-double', price: 0.01 },
    { kind: 'openai', model: 'double', price: 0.001 },
  ]);
});
