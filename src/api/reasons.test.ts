import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitOutcomes } from './exit-codes.ts';
import { phases } from './phases.ts';
import {
  authorityEvents,
  campaignReasons,
  childReasons,
  endReasons,
  pendingReasons,
  sessionReasons,
  speakReasons,
  tenantReasons,
  tokenEvents,
  voiceReasons,
} from './reasons.ts';

const tables = {
  authorityEvents,
  campaignReasons,
  childReasons,
  endReasons,
  pendingReasons,
  sessionReasons,
  speakReasons,
  tenantReasons,
  tokenEvents,
  voiceReasons,
};

const NO_STATUS = new Set([
  // What a gateway tells a worker of a join that Discord refused: it goes no further.
  'gateway/voice/signalling.ts',
  // Worlds that tests make.
  'controller/voicesession/classes.ts',
  'controller/voicesession/simulated-world.ts',
]);

/** Why a text that an NPC was asked to say was not heard (SpeakResult of gateway.proto): told to who asked, in no status. */
const UNSPOKEN = [
  'UnknownNpc',
  'Muted',
  'Interrupted',
  'TooMany',
  'Stale',
  'Ending',
  'NoVoice',
  'NoWorker',
  'NoAnswer',
];

/** Why a sentence of an NPC was withheld: in the worker's log alone. */
const WITHHELD = ['PromptLeak', 'ForeignSecret', 'Flagged', 'Unjudged'];

/** Sources of the programs that write statuses, by path. */
const sources = new Map<string, string>();

beforeAll(async () => {
  const root = new URL('../../', import.meta.url);
  for (const program of ['controller', 'gateway', 'worker', 'src/admission', 'src/vault']) {
    const names = await readdir(new URL(`${program}/`, root), { recursive: true });
    for (const name of names.filter((file) => /(?<!\.test|fixtures)\.ts$/.test(file))) {
      if (NO_STATUS.has(`${program}/${name}`)) continue;
      sources.set(`${program}/${name}`, await readFile(new URL(`${program}/${name}`, root), 'utf8'));
    }
  }
});

/** Where a reason is written in the code: a field `reason`, a type of reasons, an argument that is one. */
const PLACES = [
  /\breason\??:([^;\n]*)/g,
  /\btype \w*Reason =([^;]*);/g,
  /\.condition\(\s*'\w+',\s*(?:'\w+'|[^,']+),([^,)]*)/g,
  /\b(?:drain|conclude)\(\w+,([^,]*,[^,]*),/g,
  /\b(?:park|refuse|degradations\.set)\(([^,)]*),/g,
];

function reasonsIn(text: string): string[] {
  return PLACES.flatMap((place) => [...text.matchAll(place)]).flatMap(([, where = '']) =>
    [...where.matchAll(/(?<!=== )'([A-Z][A-Za-z]+)'/g)].flatMap(([, reason]) => reason ?? []),
  );
}

describe('reasons', () => {
  test('are all in a table, with what they mean', () => {
    const known = new Set(Object.values({ ...tables, exitOutcomes }).flatMap((table) => Object.keys(table)));
    // A phase may stand beside a reason.
    const words = new Set<string>([...phases, ...UNSPOKEN, ...WITHHELD]);
    const found = [...sources].flatMap(([path, text]) =>
      reasonsIn(text).map((reason) => [path, reason] as const),
    );
    expect(found.filter(([, reason]) => !known.has(reason) && !words.has(reason))).toEqual([]);
    // Or this looks in the wrong places: one of each place and program.
    const seen = found.map(([, reason]) => reason);
    const some = ['ProviderNotAllowed', 'StreamLost', 'UnsupportedByDiscord', 'Admitted', 'DeadlineExceeded'];
    expect(seen).toEqual(expect.arrayContaining([...some, 'ApplicationMismatch', 'PacketsDropped']));
  });

  test.each(Object.entries(tables))('%s has none that nothing says', (_, table) => {
    const code = [...sources.values()].join('\n');
    const said = (reason: string) => code.includes(`'${reason}'`);
    expect(Object.keys(table).filter((reason) => !said(reason))).toEqual([]);
  });
});
