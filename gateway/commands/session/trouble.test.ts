import { describe, expect, test } from 'vitest';
import { exitOutcomes } from '../../../src/api/exit-codes.ts';
import {
  campaignReasons,
  endReasons,
  pendingReasons,
  sessionReasons,
  tenantReasons,
  voiceReasons,
} from '../../../src/api/reasons.ts';
import { messagesFor } from '../../messages/catalogue.ts';
import { whoCanMend } from '../../messages/reasons/who.ts';
import { aSession } from '../../sessions/fixtures.ts';
import { reasonText, troubleText } from './trouble.ts';

const en = messagesFor('en-US');
const de = messagesFor('de');

const every = [
  ...new Set(
    [
      pendingReasons,
      endReasons,
      voiceReasons,
      sessionReasons,
      tenantReasons,
      campaignReasons,
      exitOutcomes,
    ].flatMap((reasons) => Object.keys(reasons)),
  ),
];

describe.each([
  ['English', en],
  ['German', de],
] as const)('in %s', (_language, messages) => {
  test.each(every)('%s is a sentence', (reason) => {
    const text = reasonText(reason, messages) ?? '';
    expect(text).toMatch(/^[A-ZÄÖÜ].*[.]$/);
    // No word of the API, such as WorkerFailed.
    expect(text.replaceAll(/`\/[a-z ]+`/g, '')).not.toMatch(/[a-z][A-Z]|`/);
  });

  test.each(every.filter((reason) => whoCanMend(reason) !== 'nobody'))(
    '%s names who can mend it',
    (reason) => {
      const text = troubleText(aSession(), reason, messages);
      const { who } = messages;
      expect(
        text.endsWith(who.gameMaster) || text.endsWith(who.server) || text.endsWith(who.operator('night-1')),
      ).toBe(true);
      expect(text.length).toBeLessThan(600);
    },
  );
});

test('no sentence is left untranslated', () => {
  for (const reason of every) expect(reasonText(reason, de)).not.toBe(reasonText(reason, en));
});

test.each([
  ['QuotaExceeded', 'operator'],
  ['GuildBusy', 'gameMaster'],
  ['DiscordRefused', 'server'],
  ['Idle', 'nobody'],
  ['SomethingNew', 'operator'],
])('%s can be mended by: %s', (reason, who) => {
  expect(whoCanMend(reason)).toBe(who);
});

test('what a reason points to is said too, and decides who can mend it', () => {
  const text = troubleText(aSession(), 'CampaignNotReady', en, { campaign: 'ProviderKeyMissing' });
  expect(text).toBe(
    "The campaign has an error, or does not exist any more. The key of one of the campaign's AI providers is missing. Whoever operates Skald can put this right; tell them the name `night-1`.",
  );
  expect(troubleText(aSession(), 'TenantNotReady', en, { tenant: 'InvalidToken' })).toContain(
    'Discord refuses my token.',
  );
});

describe('a reason that this version does not know', () => {
  test("shows the operator's sentence", () => {
    const condition = {
      type: 'Ready',
      status: 'False',
      reason: 'SomethingNew',
      message: 'The moon is full.',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    } as const;
    const session = aSession({
      status: { phase: 'Failed', reason: 'SomethingNew', conditions: [condition] },
    });
    expect(troubleText(session, 'SomethingNew', en)).toContain('The moon is full. Whoever operates Skald');
  });

  test('is shown itself when nobody explains it, also when objects have something of that name', () => {
    expect(troubleText(aSession(), 'constructor', en)).toContain('constructor. Whoever');
  });
});
