/**
 * What a parked worker does while it waits: loads and uses once everything that its session will need and that does
 * not depend on which session it will be. Then the claim costs the voice handshake and nothing else.
 */
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { DEFAULT_KIND } from '../src/api/provider-roles.ts';
import { SPEAK_FRAME } from './audio/rates.ts';
import { SpeechEncoder } from './audio/speech-encoder.ts';
import { warmUp } from './provider/warm-up.ts';

/** The tables of libopus, the engine's compiled code: after a few frames they are as they will be. */
const FRAMES = 50;

export async function prepare(): Promise<void> {
  beginTls();
  const encoder = new SpeechEncoder();
  const silence = new Int16Array(SPEAK_FRAME);
  for (let frame = 0; frame < FRAMES; frame++) encoder.encode(silence);
  await Promise.all([
    import('./session.ts'),
    import('./transport/voice-channel.ts'),
    import('../src/store/session-store.ts'),
    warmUp([], DEFAULT_KIND),
  ]);
}

/** The first TLS connection reads the certificates of all authorities; this one has nobody at its other end. */
function beginTls(): void {
  const nobody = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const socket = connect({ socket: nobody, servername: 'warm.invalid' });
  socket.on('error', () => {});
  socket.destroy();
}
