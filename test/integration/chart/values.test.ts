import { expect, test } from 'vitest';
import { RunError } from '../../../hack/process/run.ts';
import { chartObjects, containerOf, find } from './objects.ts';

const refusal = async (...sets: readonly string[]) => {
  try {
    await chartObjects(...sets);
  } catch (error) {
    if (error instanceof RunError) return error.message + error.output;
    throw error;
  }
  throw new Error('the values were accepted');
};

test.each([
  ['a misspelt value', ['gatway.slots=2'], /additional properties 'gatway' not allowed/],
  ['a misspelt value further down', ['gateway.slot=2'], /additional properties 'slot' not allowed/],
  ['no gateway at all', ['gateway.slots=0'], /minimum/],
  ['a slot count that is text', ['gateway.slots=two'], /want integer/],
  ['an unknown log level', ['logLevel=loud'], /must be one of/],
  ['a DSN that is none', ['database.url=mysql://h'], /does not match pattern/],
  [
    'two databases',
    ['database.url=postgres://h/d', 'database.existingSecret=s'],
    /database\.existingSecret and database\.url are both set: give one/,
  ],
  ['a digest that is none', ['image.digest=sha256:abc'], /does not match pattern/],
  ['an API without a scheme', ['gateway.discordApiUrl=discord.com'], /does not match pattern/],
])('%s is refused', async (_, sets, message) => {
  expect(await refusal(...sets)).toMatch(message);
});

test('each slot has its own identity, Service, certificate and number', async () => {
  const objects = await chartObjects('gateway.slots=3');
  for (const slot of [0, 1, 2]) {
    const name = `skald-gateway-${slot}`;
    find(objects, 'ServiceAccount', name);
    find(objects, 'Service', name);
    const set = find(objects, 'StatefulSet', name);
    expect(containerOf(set).env).toContainEqual({ name: 'SKALD_SLOT', value: String(slot) });
    expect(set.spec).toMatchObject({
      replicas: 1,
      template: { spec: { serviceAccountName: name } },
    });
    expect(JSON.stringify(set.spec)).toContain(`"secretName":"${name}-tls"`);
  }
});

test('the DSN is a file, never a variable or an argument', async () => {
  const objects = await chartObjects('database.url=postgres://u:hunter22@h/d');
  const holders = objects.filter((object) => JSON.stringify(object).includes('hunter22'));
  expect(holders.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['Secret skald-database']);
});

test('uninstalling keeps the CRDs, and with them every Tenant', async () => {
  const crds = (await chartObjects()).filter(({ kind }) => kind === 'CustomResourceDefinition');
  expect(crds.map(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'])).toEqual([
    'keep',
    'keep',
    'keep',
  ]);
  const without = await chartObjects('crds.install=false');
  expect(without.some(({ kind }) => kind === 'CustomResourceDefinition')).toBe(false);
});

test('no role holds a wildcard', async () => {
  const rules = (await chartObjects()).flatMap(({ rules = [] }) => rules);
  expect(rules.length).toBeGreaterThan(15);
  for (const rule of rules) {
    expect([...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain('*');
  }
});

test('the endpoint for interactions is there when it is wanted, for whom it is wanted', async () => {
  const without = await chartObjects();
  expect(without.some(({ metadata }) => metadata.name === 'skald-interactions')).toBe(false);
  expect(JSON.stringify(without).includes('SKALD_INTERACTIONS_PORT')).toBe(false);
  const objects = await chartObjects(
    'interactions.enabled=true',
    'interactions.fromNamespaces={edge}',
    'interactions.fromCidrs={10.1.0.0/16}',
    'interactions.ingress.enabled=true',
    'interactions.ingress.host=skald.example.com',
    'interactions.ingress.tlsSecret=crt',
    'gateway.slots=2',
  );
  for (const slot of [0, 1]) {
    const container = containerOf(find(objects, 'StatefulSet', `skald-gateway-${slot}`));
    expect(container.env).toContainEqual({ name: 'SKALD_INTERACTIONS_PORT', value: '8081' });
    expect(container).toMatchObject({
      ports: expect.arrayContaining([{ name: 'interactions', containerPort: 8081 }]),
    });
  }
  const service = find(objects, 'Service', 'skald-interactions');
  expect(service.spec).toMatchObject({
    selector: { 'skald.dev/component': 'gateway' },
    ports: [{ name: 'http', port: 80, targetPort: 'interactions' }],
  });
  expect(find(objects, 'Ingress', 'skald-interactions').spec).toMatchObject({
    tls: [{ hosts: ['skald.example.com'], secretName: 'crt' }],
    rules: [{ host: 'skald.example.com', http: { paths: [{ path: '/interactions', pathType: 'Prefix' }] } }],
  });
  expect(await refusal('interactions.enabled=true', 'interactions.ingress.enabled=true')).toMatch(
    /interactions\.ingress\.host: required/,
  );
});
