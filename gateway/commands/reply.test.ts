import { DiscordAPIError } from '@discordjs/rest';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { EDIT_INTERVAL_MS, type InteractionCalls, InteractionReply, TOKEN_LIFETIME_MS } from './reply.ts';

function setup(options: { readonly failWith?: number } = {}) {
  const clock = new FakeClock();
  const edits: string[] = [];
  const interactions: InteractionCalls = {
    reply: async () => undefined,
    defer: async () => undefined,
    editReply: async (_application, _token, body) => {
      if (options.failWith !== undefined) {
        throw new DiscordAPIError(
          { code: 10008, message: 'Unknown Message' },
          10008,
          options.failWith,
          'PATCH',
          'https://discord.invalid/webhooks/1/secret',
          { body: undefined, files: undefined },
        );
      }
      edits.push(body.content);
    },
  };
  const reply = new InteractionReply({
    interactions,
    applicationId: '1',
    interaction: { id: '2', token: 'secret' },
    clock,
    log: silentLogger(),
  });
  return { clock, edits, reply };
}

describe('edits', () => {
  test('of several in quick succession the first and the last are sent', async () => {
    const { clock, edits, reply } = setup();
    await reply.defer();
    reply.edit('one');
    await clock.advance(0);
    reply.edit('two');
    reply.edit('three');
    await clock.advance(EDIT_INTERVAL_MS - 1);
    expect(edits).toEqual(['one']);
    await clock.advance(1);
    expect(edits).toEqual(['one', 'three']);
  });

  test('the same text is not sent twice', async () => {
    const { clock, edits, reply } = setup();
    reply.edit('one');
    await clock.advance(EDIT_INTERVAL_MS * 2);
    reply.edit('one');
    await clock.advance(EDIT_INTERVAL_MS * 2);
    expect(edits).toEqual(['one']);
  });

  test('stop when the token of the interaction has expired', async () => {
    const { clock, edits, reply } = setup();
    await clock.advance(TOKEN_LIFETIME_MS);
    expect(reply.expired).toBe(true);
    reply.edit('late');
    await clock.advance(EDIT_INTERVAL_MS);
    expect(edits).toEqual([]);
  });

  test('stop when the message is gone', async () => {
    const { clock, reply } = setup({ failWith: 404 });
    reply.edit('one');
    await clock.advance(EDIT_INTERVAL_MS);
    expect(reply.expired).toBe(true);
  });
});
