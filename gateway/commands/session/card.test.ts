import { describe, expect, test } from 'vitest';
import type { VoiceSession, VoiceSessionStatus } from '../../../src/api/index.ts';
import { messageText } from '../../../test/discord/world/messages.ts';
import { messagesFor } from '../../messages/catalogue.ts';
import { aCampaign, aSession } from '../../sessions/fixtures.ts';
import { messageBody } from '../answer.ts';
import { findComponent } from '../registry.ts';
import { type Card, type CardContext, cardOf, goneCard } from './card.ts';

const messages = messagesFor('en-US');
const campaign = aCampaign({ title: 'The Long Night' });

function shown(
  status: VoiceSessionStatus | undefined,
  change: Partial<CardContext> = {},
  spec: Partial<VoiceSession['spec']> = {},
): Card & { text: string; ids: string[] } {
  const session = aSession({ spec, ...(status === undefined ? {} : { status }) });
  const card = cardOf(session, { messages, campaign, ...change });
  const body = messageBody(card.answer);
  const ids = body.components.flatMap(({ components }) =>
    components.flatMap((component) => ('custom_id' in component ? [component.custom_id] : [])),
  );
  return { ...card, text: messageText(body), ids };
}

describe('the phases', () => {
  test.each([
    [undefined, 'It will begin in <#100000000000000002>', false],
    ['Pending', 'waits to be admitted', false],
    ['Provisioning', 'is being prepared', false],
    ['Connecting', 'I am joining <#100000000000000002>', false],
    ['Active', 'listening in <#100000000000000002>', false],
    ['Draining', 'being finished', false],
    ['Ended', 'has ended', true],
    ['Failed', 'could not go on', true],
  ] as const)('%s', (phase, text, final) => {
    const card = shown(phase === undefined ? undefined : { phase });
    expect(card.text).toContain(text);
    expect(card.text).toContain('The Long Night');
    expect(card.final).toBe(final);
  });

  test('waiting says for what, and who can help', () => {
    const { text } = shown({ phase: 'Pending', reason: 'CampaignBusy' });
    expect(text).toContain('being played in another session already');
    expect(text).toContain('You can put this right yourself.');
  });

  test('on its way only what is in the way has words', () => {
    expect(shown({ phase: 'Provisioning', reason: 'WorkerStarting' }).text).not.toContain('starting');
    expect(shown({ phase: 'Provisioning', reason: 'Unschedulable' }).text).toContain('has room for it');
  });

  test('a degraded session says what is wrong', () => {
    const { text } = shown({ phase: 'Degraded', voice: { reason: 'SpeechToTextUnavailable' } });
    expect(text).toContain('the characters cannot hear what is said');
  });

  test('a stop that was asked for shows before the operator has seen it', () => {
    const card = shown({ phase: 'Active' }, {}, { desiredState: 'Stopped' });
    expect(card.text).toContain('then I leave');
    expect(card.ids).toEqual([]);
  });

  test('what was removed has ended', () => {
    const card = goneCard(aSession({ status: { phase: 'Active' } }), { messages, campaign });
    expect(messageText(messageBody(card.answer))).toContain('it was deleted');
    expect(card.final).toBe(true);
  });
});

describe('what is shown beside the phase', () => {
  const active = { phase: 'Active', activeAt: '2026-11-21T20:00:00Z' } as const;

  test('since when, and the response time once it is known', () => {
    expect(shown(active).text).toContain('<t:1795291200:t>');
    expect(shown(active).text).not.toContain('Response time');
    expect(shown({ ...active, voice: { responseP50Ms: 1234 } }).text).toContain('Response time\n1.2 s');
    const de = { messages: messagesFor('de') };
    expect(shown({ ...active, voice: { responseP50Ms: 1234 } }, de).text).toContain('Antwortzeit\n1,2 s');
  });

  test('who is muted; everybody in one word', () => {
    const two = aCampaign({
      npcs: ['Bart', 'Elda'].map((name) => ({ ...campaign.spec.npcs[0], name })) as never,
    });
    expect(shown(active, { campaign: two }, { mutedNpcs: ['Bart'] }).text).toContain('Muted\nBart');
    expect(shown(active, { campaign: two }, { mutedNpcs: ['Elda', 'Bart'] }).text).toContain(
      'Muted\neverybody',
    );
  });

  test('the summary of what came of it', () => {
    const { text } = shown({
      phase: 'Ended',
      endReason: 'ChannelEmpty',
      activeAt: '2026-11-21T20:00:00Z',
      endedAt: '2026-11-21T21:30:00Z',
      result: { utterances: 42, replies: 1, spendUSD: 0.4249 },
    });
    for (const part of ['Everybody had left', '1 h 30 min', '42 utterances', '1 answer', '$0.42'])
      expect(text).toContain(part);
  });

  test('that the message will stop changing, where the bot sees nothing', () => {
    expect(shown(active, { lasting: false }).text).toContain('give my role "View Channel" here');
    expect(shown(active).text).not.toContain('View Channel');
  });
});

describe('buttons', () => {
  const active = { phase: 'Active', activeAt: '2026-11-21T20:00:00Z' } as const;

  test.each([
    ['on its way', { phase: 'Provisioning' }, ['session:stop:night-1', 'npc:muteall:night-1']],
    ['playing', active, ['session:stop:night-1', 'npc:muteall:night-1', 'session:recap:night-1']],
    ['ended', { ...active, phase: 'Ended' }, ['session:recap:night-1']],
    ['never begun', { phase: 'Failed' }, []],
  ] as const)('%s', (_when, status, ids) => {
    expect(shown(status).ids).toEqual(ids);
  });

  test('when everybody is muted they may speak again', () => {
    expect(shown(active, {}, { mutedNpcs: ['Bart'] }).ids).toContain('npc:unmuteall:night-1');
  });

  test('each is answered by a command', () => {
    const ids = [...shown(active).ids, ...shown(active, {}, { mutedNpcs: ['Bart'] }).ids];
    for (const id of ids) {
      const [command = '', action = ''] = id.split(':');
      expect(findComponent(command, action)?.permission, id).toBe(`${command} ${action}`);
    }
  });

  test('their ids fit, however long the name', () => {
    const session = aSession({ status: active });
    session.metadata.name = 'x'.repeat(63);
    const [row] = cardOf(session, { messages, campaign }).answer.components ?? [];
    for (const component of row?.components ?? []) {
      expect('custom_id' in component && component.custom_id.length).toBeLessThanOrEqual(100);
    }
  });
});

describe('what people wait to see', () => {
  const urgent = (status: VoiceSessionStatus, spec: Partial<VoiceSession['spec']> = {}) =>
    shown(status, {}, spec).urgent;

  test('is another phase, reason or mute, and not a measurement', () => {
    const base = urgent({ phase: 'Active' });
    expect(urgent({ phase: 'Active', voice: { responseP50Ms: 900 } })).toBe(base);
    expect(urgent({ phase: 'Active' }, { mutedNpcs: ['Bart'] })).not.toBe(base);
    expect(urgent({ phase: 'Active', reason: 'SpendSoftLimitReached' })).not.toBe(base);
    const degraded = urgent({ phase: 'Degraded', voice: { reason: 'PacketsDropped' } });
    expect(urgent({ phase: 'Degraded', voice: { reason: 'TextToSpeechUnavailable' } })).not.toBe(degraded);
  });
});
