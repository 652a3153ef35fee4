import { describe, expect, test } from 'vitest';
import { checkStatically } from './check.ts';
import { violations } from './rules.ts';
import { readSource } from './source.ts';

/** The rules that these files break. */
function broken(files: Record<string, string>): string[] {
  const sources = Object.entries(files).map(([path, text]) => readSource(path, text));
  return [...new Set(violations(sources).map(({ rule }) => rule))];
}

test('the product touches the bot token in the gateway and in the encrypt-in-place step only', async () => {
  const { files, imports, violations: found } = await checkStatically();
  expect(found).toEqual([]);
  // It looked at something.
  expect(files).toBeGreaterThan(250);
  expect(imports).toBeGreaterThan(1_000);
});

describe('planted violations are found', () => {
  test.each([
    ["import { BOT_TOKEN_SECRET } from '../src/api/index.ts'; read(BOT_TOKEN_SECRET);"],
    ["import { BOT_TOKEN_SECRET as name } from '../src/api/index.ts'; read(name);"],
    ["import * as api from '../src/api/index.ts'; read(api.BOT_TOKEN_SECRET);"],
    ["read('skald-bot-token');"],
    ['read(`skald-bot-token`);'],
  ])('naming the Secret: %s', (text) => {
    expect(broken({ 'controller/evil.ts': text })).toEqual(['token-secret']);
    expect(broken({ 'gateway/good.ts': text })).toEqual([]);
    expect(broken({ 'controller/tenant/token/good.ts': text })).toEqual([]);
  });

  test.each([
    ['controller/evil.ts', "import { botTokenOf } from '../gateway/tenants/bot-token.ts';"],
    ['controller/evil.ts', "export { botTokenOf } from '../gateway/tenants/bot-token.ts';"],
    ['controller/evil.ts', "export * from '../gateway/tenants/bot-token.ts';"],
    ['controller/evil.ts', "const { botTokenOf } = await import('../gateway/tenants/bot-token.ts');"],
    ['controller/tenant/evil.ts', "import { contentOf } from './token/content.ts';"],
    ['gateway/evil.ts', "import { contentOf } from '../controller/tenant/token/content.ts';"],
    ['cli/evil.ts', "import '../gateway/tenants/bot.ts';"],
  ])('importing what holds it: %s %s', (path, text) => {
    expect(broken({ [path]: text })).toEqual(['token-module']);
  });

  test('but its types may be imported, the operator may start the step, and the executable the program', () => {
    const files = {
      'controller/a.ts': "import type { BotToken } from '../gateway/tenants/bot-token.ts';",
      'controller/b.ts': "import { type BotToken } from '../gateway/tenants/bot-token.ts';",
      'controller/c.ts': "import { addTokenController } from './tenant/token/controller.ts';",
      'cli/d.ts': "await import('../gateway/main.ts');",
    };
    expect(broken(files)).toEqual([]);
  });

  test.each([
    ["import { transit } from '../src/vault/index.ts'; await transit.decrypt(key, text);"],
    ["import { transit } from '../src/vault/index.ts'; await transit?.decrypt(key, text);"],
    ["import { transit } from '../src/vault/index.ts'; await transit['decrypt'](key, text);"],
  ])('decrypting: %s', (text) => {
    expect(broken({ 'controller/operator.ts': text })).toEqual(['decrypt']);
    expect(broken({ 'controller/tenant/token/keeper.ts': text.replace('../src', '../../../src') })).toEqual([
      'decrypt',
    ]);
    expect(broken({ 'gateway/tenants/good.ts': text.replace('../src', '../../src') })).toEqual([]);
  });

  test('deciphering audio is not meant', () => {
    const text = "import { aes } from '@noble/ciphers/aes.js'; aes(key).decrypt(packet);";
    expect(broken({ 'worker/transport/receive.ts': text })).toEqual([]);
  });

  test("taking Vault's Transit", () => {
    const text = "import { Transit } from '../../src/vault/index.ts';";
    expect(broken({ 'controller/campaign/evil.ts': text })).toEqual(['transit']);
    expect(broken({ 'controller/campaign/evil.ts': text.replace('{ Transit }', '* as vault') })).toEqual([
      'transit',
    ]);
  });

  test('reading Secrets where nobody did', () => {
    const text = "import { Client, secrets } from '../../src/kube/index.ts';";
    expect(broken({ 'controller/history/evil.ts': text })).toEqual(['secret-reader']);
    expect(broken({ 'controller/history/evil.ts': text.replace('secrets', 'secrets as harmless') })).toEqual([
      'secret-reader',
    ]);
    expect(
      broken({ 'controller/history/evil.ts': "import * as kube from '../../src/kube/index.ts';" }),
    ).toEqual(['secret-reader']);
  });

  test('a worker that carries Vault or Kubernetes, by however many steps', () => {
    const files = {
      'worker/session.ts': "import { a } from '../src/one.ts';",
      'src/one.ts': "export { a } from './two.ts';",
      'src/two.ts': "import { VaultClient } from './vault/index.ts'; export const a = VaultClient;",
      'src/vault/index.ts': 'export class VaultClient {}',
    };
    const sources = Object.entries(files).map(([path, text]) => readSource(path, text));
    expect(violations(sources)).toEqual([
      {
        path: 'src/two.ts',
        line: 1,
        rule: 'worker-graph',
        message:
          'a worker would carry src/vault/index.ts: worker/session.ts → src/one.ts → src/two.ts → src/vault/index.ts',
      },
    ]);
    expect(broken({ ...files, 'worker/session.ts': "import type { a } from '../src/one.ts';" })).toEqual([]);
  });

  test('an import whose target is computed', () => {
    expect(broken({ 'controller/evil.ts': 'await import("../gate" + way);' })).toEqual(['computed-import']);
  });
});
