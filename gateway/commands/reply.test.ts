import { DiscordAPIError } from '@discordjs/rest';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { recordingApi, TEXT_CHANNEL } from './fixtures.ts';
import { EDIT_INTERVAL_MS } from './live-message.ts';
import { InteractionReply, TOKEN_LIFETIME_MS } from './reply.ts';

function setup() {
  const clock = new FakeClock();
  const state: { failWith: number | undefined } = { failWith: undefined };
  const { api, calls } = recordingApi(() => {
    const status = state.failWith;
    if (status === undefined) return undefined;
    const url = 'https://discord.invalid/webhooks/1/secret';
    return new DiscordAPIError({ code: 0, message: 'no' }, 0, status, 'PATCH', url, {
      body: undefined,
      files: undefined,
    });
  });
  const reply = new InteractionReply({
    ...api,
    applicationId: '1',
    interaction: { id: '2', token: 'secret' },
    channelId: TEXT_CHANNEL,
    clock,
    log: silentLogger(),
  });
  const said = (): string[] => calls.flatMap((call) => ('body' in call ? [call.body.content] : []));
  return { clock, calls, said, reply, state };
}

describe('edits', () => {
  test('of several in quick succession the first and the last are sent', async () => {
    const { clock, said, reply } = setup();
    await reply.defer();
    reply.edit('one');
    await clock.advance(0);
    reply.edit('two');
    reply.edit('three');
    await clock.advance(EDIT_INTERVAL_MS - 1);
    expect(said()).toEqual(['one']);
    await clock.advance(1);
    expect(said()).toEqual(['one', 'three']);
  });

  test('the same text is not sent twice', async () => {
    const { clock, said, reply } = setup();
    await reply.defer();
    reply.edit('one');
    await clock.advance(EDIT_INTERVAL_MS * 2);
    reply.edit('one');
    await clock.advance(EDIT_INTERVAL_MS * 2);
    expect(said()).toEqual(['one']);
  });

  test('what an earlier state had and the next has not is emptied', async () => {
    const { clock, calls, reply } = setup();
    await reply.defer();
    reply.edit({ embeds: [{ title: 'card' }] });
    await clock.advance(0);
    reply.edit('text');
    await clock.advance(EDIT_INTERVAL_MS);
    expect(calls.at(-1)).toMatchObject({ body: { content: 'text', embeds: [], components: [] } });
  });

  test('stop when the message is gone', async () => {
    const { clock, reply, state } = setup();
    await reply.defer();
    state.failWith = 404;
    reply.edit('one');
    await clock.advance(EDIT_INTERVAL_MS);
    expect(reply.expired).toBe(true);
  });

  test('are tried again, ever more slowly, while Discord is down, and the newest arrives', async () => {
    const { clock, said, reply, state } = setup();
    await reply.defer();
    state.failWith = 503;
    reply.edit('one');
    await clock.advance(EDIT_INTERVAL_MS);
    reply.edit('two');
    await clock.advance(EDIT_INTERVAL_MS);
    state.failWith = undefined;
    await clock.advance(EDIT_INTERVAL_MS * 4);
    expect(said()).toEqual(['two']);
  });

  test('what Discord does not take is not sent again and again', async () => {
    const { clock, said, reply, state } = setup();
    await reply.defer();
    state.failWith = 400;
    reply.edit('bad');
    await clock.advance(EDIT_INTERVAL_MS);
    await reply.settled();
    state.failWith = undefined;
    reply.edit('good');
    await clock.advance(EDIT_INTERVAL_MS);
    expect(said()).toEqual(['good']);
  });
});

describe('after fifteen minutes', () => {
  test('what everyone sees goes on as a message of the bot', async () => {
    const { clock, calls, reply } = setup();
    await reply.defer();
    await clock.advance(TOKEN_LIFETIME_MS);
    expect(reply.expired).toBe(false);
    reply.edit('late');
    await clock.advance(EDIT_INTERVAL_MS);
    expect(calls.at(-1)).toMatchObject({
      kind: 'editMessage',
      messageId: 'message-1',
      body: { content: 'late' },
    });
    await reply.followUp('more');
    expect(calls.at(-1)).toMatchObject({ kind: 'post', body: { content: 'more' } });
  });

  test('what only the asker sees stays as it is', async () => {
    const { clock, calls, reply } = setup();
    await reply.defer({ ephemeral: true });
    await clock.advance(TOKEN_LIFETIME_MS);
    expect(reply.expired).toBe(true);
    reply.edit('late');
    await reply.followUp('secret', { ephemeral: true });
    await clock.advance(EDIT_INTERVAL_MS);
    expect(calls.map(({ kind }) => kind)).toEqual(['defer']);
  });
});

describe('a failure is told', () => {
  test('as the first answer, to the asker alone', async () => {
    const { calls, reply } = setup();
    await reply.fail('sorry');
    expect(calls).toMatchObject([{ kind: 'reply', body: { content: 'sorry', flags: 64 } }]);
  });

  test('in place of the answer that is being waited for', async () => {
    const { clock, calls, reply } = setup();
    await reply.defer();
    await reply.fail('sorry');
    await clock.advance(0);
    expect(calls.at(-1)).toMatchObject({ kind: 'edit', body: { content: 'sorry' } });
  });

  test('beside the message with the button, which stays', async () => {
    const { calls, reply } = setup();
    await reply.deferUpdate();
    await reply.fail('sorry');
    expect(calls.at(-1)).toMatchObject({ kind: 'followUp', body: { content: 'sorry', flags: 64 } });
  });
});

test('the message of an answer is known from its acknowledgement', async () => {
  const { reply } = setup();
  await reply.defer();
  expect(await reply.messageId()).toBe('message-1');
});

test('nothing longer than Discord takes is sent', async () => {
  const { said, reply } = setup();
  await reply.send('x'.repeat(3000), { ephemeral: true });
  expect(said()[0]).toHaveLength(2000);
});
