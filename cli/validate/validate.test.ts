import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { INVALID, UNUSABLE, VALID, type ValidateOptions, validateMain } from './main.ts';

const GOOD = `apiVersion: skald.dev/v1alpha1
kind: VoiceSession
metadata:
  name: friday
  namespace: skald-demo
spec:
  mode: Live
  voiceChannelId: '100000000000000003'
  campaignRef:
    name: village
  guildId: '100000000000000002'
`;
const BAD = GOOD.replace("'100000000000000002'", "'42'");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-validate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(files: readonly string[], options: Partial<ValidateOptions> & { stdin?: string } = {}) {
  let [stdout, stderr] = ['', ''];
  const code = await validateMain(
    {
      recursive: false,
      json: false,
      strict: false,
      ...options,
      files: files.map((name) => (name === '-' ? name : join(folder, name))),
    },
    {
      stdin: async () => options.stdin ?? '',
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
      colour: false,
    },
  );
  return { code, stdout: stdout.replaceAll(`${folder}/`, ''), stderr: stderr.replaceAll(`${folder}/`, '') };
}
const write = (name: string, text: string) => writeFile(join(folder, name), text);

test('a problem is told with file, line, column, object, field and message, and the exit code is 1', async () => {
  await write('a.yaml', BAD);
  const { code, stdout } = await run(['a.yaml']);
  expect(code).toBe(INVALID);
  expect(stdout).toBe(
    `a.yaml:11:3: VoiceSession skald-demo/friday: spec.guildId: Invalid value: "42": spec.guildId in body should match '^[0-9]{17,20}$'\n1 object in 1 file: 1 problem\n`,
  );
});

test('the exit code is 0 when all is well', async () => {
  await write('a.yaml', GOOD);
  expect((await run(['a.yaml'])).code).toBe(VALID);
});

test('a file that is not there is told, the others are judged all the same, and the exit code is 2', async () => {
  await write('a.yaml', BAD);
  const { code, stdout, stderr } = await run(['nix.yaml', 'a.yaml']);
  expect(code).toBe(UNUSABLE);
  expect(stderr).toBe('skald: cannot read nix.yaml: there is no such file or folder\n');
  expect(stdout).toContain('spec.guildId');
});

test('a folder is read without its folders, with -R with them, but not what begins with a dot', async () => {
  await mkdir(join(folder, 'in', 'deep'), { recursive: true });
  await mkdir(join(folder, 'in', '.git'));
  await write('in/a.yml', GOOD);
  await write('in/notes.txt', 'no: [yaml');
  await write('in/deep/b.json', JSON.stringify({ apiVersion: 'skald.dev/v1alpha1', kind: 'Tenant' }));
  await write('in/.git/c.yaml', BAD);
  expect((await run(['in'])).stdout).toContain('1 object in 1 file: no problems');
  const { code, stdout } = await run(['in'], { recursive: true });
  expect(code).toBe(INVALID);
  expect(stdout).toContain('in/deep/b.json:1:1: Tenant: spec: Required value');
  expect(stdout).toContain('2 objects in 2 files');
});

test('- is the standard input', async () => {
  const { code, stdout } = await run(['-'], { stdin: `---\n${BAD}` });
  expect(code).toBe(INVALID);
  expect(stdout).toContain('-:12:3: ');
});

test('--json is one object with everything that the lines say', async () => {
  await write('a.yaml', BAD);
  const { code, stdout } = await run(['a.yaml'], { json: true });
  expect(code).toBe(INVALID);
  const { problems, ...counts } = JSON.parse(stdout);
  expect(counts).toMatchObject({ files: 1, objects: 1, ignored: 0 });
  expect(problems.map((one: { file: string }) => ({ ...one, file: 'a.yaml' }))).toEqual([
    {
      file: 'a.yaml',
      line: 11,
      column: 3,
      kind: 'VoiceSession',
      namespace: 'skald-demo',
      name: 'friday',
      path: 'spec.guildId',
      message: `Invalid value: "42": spec.guildId in body should match '^[0-9]{17,20}$'`,
      rule: 'schema',
    },
  ]);
});

describe('what is not a manifest of Skald', () => {
  test('is counted and not looked at', async () => {
    await write('a.yaml', `apiVersion: v1\nkind: Secret\n---\nvalues: [1]\n---\n- a list\n---\n${GOOD}`);
    const { code, stdout } = await run(['a.yaml']);
    expect(code).toBe(VALID);
    expect(stdout).toContain('3 documents of other kinds not looked at');
  });

  test('but claims to be one is refused', async () => {
    await write(
      'a.yaml',
      'apiVersion: skald.dev/v1\nkind: Tenant\n---\napiVersion: skald.dev/v1alpha1\nkind: Bard\n',
    );
    const { stdout } = await run(['a.yaml']);
    expect(stdout).toContain(
      'a.yaml:2:1: Tenant: kind: no matches for kind "Tenant" in version "skald.dev/v1"',
    );
    expect(stdout).toContain(
      'a.yaml:5:1: Bard: kind: no matches for kind "Bard" in version "skald.dev/v1alpha1"',
    );
  });
});

describe('YAML that cannot be read', () => {
  test.each([
    ['is not closed', 'a: [1', /^a\.yaml:1:\d+: /],
    ['has a key twice', `${GOOD}spec: {}\n`, /^a\.yaml:12:1: Map keys must be unique/],
    ['has an unknown anchor', 'a: *nix\n', /^a\.yaml:1:4: /],
    ['has infinity', 'a: .inf\n', /^a\.yaml:1:4: \.inf is no number in JSON/],
  ])('because it %s is told with its place', async (_, text, message) => {
    await write('a.yaml', text);
    const { code, stdout } = await run(['a.yaml']);
    expect(code).toBe(INVALID);
    expect(stdout).toMatch(message);
  });
});

test('an item of a List is judged, and its place is told', async () => {
  const item = BAD.trimEnd().split('\n').join('\n    ');
  await write('a.yaml', `apiVersion: v1\nkind: List\nitems:\n  - ${item}\n`);
  expect((await run(['a.yaml'])).stdout).toContain(
    'a.yaml:14:7: VoiceSession skald-demo/friday: spec.guildId',
  );
});

describe('what cannot be seen from the files', () => {
  const CAMPAIGN = GOOD.replace('VoiceSession', 'Campaign')
    .replace('name: friday', 'name: village')
    .replace(
      /spec:[\s\S]*/,
      'spec:\n  npcs: [{ name: Greta }]\n  entitiesFrom: { configMapRef: { name: more } }\n',
    );
  const TENANT = `apiVersion: skald.dev/v1alpha1
kind: Tenant
metadata:
  name: demo
spec:
  discord: { applicationId: '100000000000000001', botTokenSecretRef: {}, guilds: ['100000000000000002'] }
`;

  test('is a notice, and a problem with --strict', async () => {
    await write('a.yaml', GOOD);
    const { code, stdout } = await run(['a.yaml']);
    expect(code).toBe(VALID);
    expect(stdout).toContain(
      'a.yaml:10:5: VoiceSession skald-demo/friday: spec.campaignRef.name: notice: Campaign village is not among the files\n',
    );
    expect(stdout).toContain('notice: no Tenant among the files has the namespace skald-demo\n');
    const strict = await run(['a.yaml'], { strict: true });
    expect(strict.code).toBe(INVALID);
    expect(strict.stdout).toContain('spec.campaignRef.name: Campaign village is not among the files\n');
  });

  test.each([
    ['a ConfigMap', CAMPAIGN, 'spec.entitiesFrom.configMapRef.name: ConfigMap more is not among the files'],
    [
      'an NPC',
      `${CAMPAIGN}---\n${GOOD}  mutedNpcs: [Bruno]\n`,
      'spec.mutedNpcs[0]: Campaign village has no NPC Bruno',
    ],
  ])('such as %s is told', async (_, text, message) => {
    await write('a.yaml', text);
    expect((await run(['a.yaml'], { strict: true })).stdout).toContain(message);
  });

  test('is not told of a Tenant when one is there that was refused: it may be the one', async () => {
    await write('a.yaml', `${GOOD}---\n${TENANT.replace("'100000000000000001'", "'1'")}`);
    expect((await run(['a.yaml'])).stdout).not.toContain('no Tenant');
  });

  test('is not told of an object without a namespace: kustomize or kubectl adds it', async () => {
    await write('a.yaml', GOOD.replace('  namespace: skald-demo\n', ''));
    expect((await run(['a.yaml'])).stdout).not.toContain('no Tenant');
  });

  test('a campaign that was refused is there all the same', async () => {
    await write('a.yaml', `${TENANT}---\n${GOOD}---\n${CAMPAIGN.replace('Greta', '')}`);
    expect((await run(['a.yaml'])).stdout).not.toContain('not among the files');
  });
});

describe('advice is a notice, also with --strict', () => {
  const tenant = `apiVersion: skald.dev/v1alpha1
kind: Tenant
metadata:
  name: demo
spec:
  discord: { applicationId: '100000000000000001', botTokenSecretRef: {}, guilds: ['100000000000000002'] }
  providers:
    llm: { baseURL: https://llm.example/v1, apiKeySecretRef: { name: keys, key: llm } }
`;
  const campaign = `apiVersion: skald.dev/v1alpha1
kind: Campaign
metadata: { name: village, namespace: skald-demo }
spec:
  npcs: [{ name: Greta }]
  providers:
    llm: { baseURL: https://llm.example/v2 }
`;

  test('a campaign with a baseURL of its own does not get the key of the tenant', async () => {
    await write('a.yaml', `${tenant}---\n${campaign}`);
    const { code, stdout } = await run(['a.yaml'], { strict: true });
    expect(stdout).toContain(
      "a.yaml:16:12: Campaign skald-demo/village: spec.providers.llm.baseURL: notice: the Tenant's API key is for its own baseURL and is not sent to this one\n",
    );
    expect(code).toBe(VALID);
  });

  test('two sessions that want one Discord server do not run at a time', async () => {
    const second = GOOD.replace('friday', 'saturday');
    await write('a.yaml', [tenant, campaign, GOOD, second].join('---\n'));
    const { code, stdout } = await run(['a.yaml'], { strict: true });
    expect(stdout).toMatch(
      /VoiceSession skald-demo\/saturday: spec\.guildId: notice: VoiceSession friday uses this Discord server, too; only one of them can run at a time \(.*a\.yaml:18\)/,
    );
    expect(code).toBe(VALID);
  });
});

test('a role for a command that does not exist is a notice', async () => {
  const tenant = `apiVersion: skald.dev/v1alpha1
kind: Tenant
metadata:
  name: demo
spec:
  discord:
    applicationId: '100000000000000001'
    botTokenSecretRef: { name: skald-bot-token, key: token }
    guilds: ['100000000000000002']
    roles:
      session start: ['100000000000000005']
      sesion stop: []
`;
  await write('tenant.yaml', tenant);
  const { code, stdout } = await run(['tenant.yaml']);
  expect(code).toBe(VALID);
  expect(stdout).toContain('notice: there is no command "sesion stop"; this rule has no effect');
  expect(stdout).toContain('tenant.yaml:12:');
  expect(stdout).not.toContain('"session start"');
});
