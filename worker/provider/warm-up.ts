/**
 * Uses once, without effect, what the first turn will use: the engine compiles lazily, and the first answer of
 * a session is the one that everybody waits for.
 */
import { setImmediate as yieldToSockets } from 'node:timers/promises';
import { type AddressableNpc, addressed } from '../npc/addressing.ts';

/** @param kind of the session's language model */
export async function warmUp(npcs: readonly AddressableNpc[], kind: string): Promise<void> {
  try {
    addressed('good evening, who is there?', npcs, { language: 'en', last: undefined });
    await yieldToSockets();
    // The HTTP client and its multipart encoder are loaded at their first use.
    await (await fetch('data:,')).arrayBuffer();
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(1)]), 'warm.wav');
    await new Response(form).arrayBuffer();
    await yieldToSockets();
    await (await import('../npc/models/warm-up.ts')).warmUpLanguageModel(kind);
  } catch {
    // It was only to save time.
  }
}
