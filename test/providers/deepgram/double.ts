/**
 * Stands in for Deepgram, as its documentation describes it ("Live Audio", "Audio Keep Alive", "Finalize", "Close Stream", "Pre-Recorded
 * Audio", "Single Text Request", "STT Troubleshooting WebSocket, NET, and DATA Errors"):
 *
 *     WS   /v1/listen   linear16 in binary messages; Results, Metadata
 *     POST /v1/listen   a WAV
 *     POST /v1/speak    {text}; linear16 of the rate that is asked for
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Answer, Refusal } from '../answer.ts';
import { buzz } from '../audio.ts';
import { Dictation, type Talk, VendorDouble, type VendorRequest } from '../vendor-double.ts';

export type DeepgramEndpoint = 'stream' | 'listen' | 'speak';

type Asked = VendorRequest<DeepgramEndpoint>;

/** What the API takes of its parameters; others it refuses. */
const LANGUAGE = /^(multi|[a-z]{2}(-[A-Z]{2}|-[A-Z][a-z]{3}|-419)?)$/;
const VOICE = /^aura(-2)?-[a-z]+-[a-z]{2}$/;

export class DeepgramDouble extends VendorDouble<DeepgramEndpoint> {
  protected endpointOf(method: string, path: string): DeepgramEndpoint | undefined {
    if (path === '/v1/listen') return method === 'WS' ? 'stream' : 'listen';
    return method === 'POST' && path === '/v1/speak' ? 'speak' : undefined;
  }

  protected keyOf(request: IncomingMessage): string | undefined {
    return request.headers.authorization;
  }

  protected keyHeader(apiKey: string): string {
    return `Token ${apiKey}`;
  }

  protected refusal({ status, message }: Refusal): object {
    const code = status === 401 ? 'INVALID_AUTH' : status === 429 ? 'TOO_MANY_REQUESTS' : 'Bad Request';
    return { err_code: code, err_msg: message, request_id: randomUUID() };
  }

  protected async answer(record: Asked, answer: Answer): Promise<void> {
    if (record.endpoint === 'speak') return await speak(record, answer);
    requireLanguage(record.query);
    const text = new Dictation(this.recognise(record.audio)).text;
    record.text = text;
    await answer.json({
      metadata: { request_id: randomUUID(), channels: 1, duration: (record.audio.length - 44) / 32_000 },
      results: { channels: [{ alternatives: [{ transcript: text, confidence: 0.99, words: [] }] }] },
    });
  }

  protected async talk(record: Asked, talk: Talk): Promise<void> {
    const { query } = record;
    const raw = query.get('encoding') === 'linear16' && query.get('channels') === '1';
    if (!raw || query.get('sample_rate') !== '16000') return talk.close(1008, 'DATA-0000');
    let dictation: Dictation | undefined;
    let said = 0;
    for await (const message of talk.messages()) {
      if (typeof message !== 'string') {
        record.audio = Buffer.concat([record.audio, message]);
        dictation ??= new Dictation(this.recognise(record.audio));
        said = record.audio.length / 32_000;
        if (talk.fault.errorMessage === true) {
          talk.send({
            type: 'Error',
            description: `the model failed for ${record.key}`,
            variant: 'TRANSCRIBE',
          });
          return talk.close(1011, 'NET-0000');
        }
        if (query.get('interim_results') !== 'true') continue;
        for (const { text, final } of dictation.at(said)) talk.send(results(text, final, said));
        continue;
      }
      const control: unknown = JSON.parse(message);
      record.messages.push(control);
      const type = typeof control === 'object' && control !== null && 'type' in control ? control.type : '';
      // An answer comes when there is something left.
      const settled = type === 'Finalize' ? (dictation?.settle() ?? '') : '';
      if (settled !== '') talk.send({ ...results(settled, true, said), from_finalize: true });
      if (type !== 'CloseStream') continue;
      talk.send(results(dictation?.rest() ?? '', true, said));
      talk.send({ type: 'Metadata', request_id: randomUUID(), duration: said, channels: 1 });
      record.text = dictation?.text ?? '';
      record.complete = true;
      return talk.close(1000);
    }
  }

  /** A language that it has not is refused with the handshake. */
  protected override admissible(record: Asked): void {
    if (record.endpoint === 'stream') requireLanguage(record.query);
  }
}

function results(transcript: string, final: boolean, duration: number): object {
  return {
    type: 'Results',
    channel_index: [0, 1],
    duration,
    start: 0,
    is_final: final,
    speech_final: final,
    channel: { alternatives: [{ transcript, confidence: 0.98, words: [] }] },
    metadata: { request_id: 'double', model_uuid: 'double' },
  };
}

function requireLanguage(query: URLSearchParams): void {
  const language = query.get('language') ?? 'en';
  if (!LANGUAGE.test(language)) throw new Refusal(400, `No such model/language combination: ${language}`);
}

async function speak(record: Asked, answer: Answer): Promise<void> {
  const { query, body } = record;
  const voice = query.get('model') ?? '';
  if (!VOICE.test(voice)) throw new Refusal(400, `No such model: ${voice}`);
  if (query.get('encoding') !== 'linear16' || query.get('container') !== 'none')
    throw new Refusal(400, 'This double encodes linear16 without a container.');
  const speed = Number(query.get('speed') ?? 1);
  if (!(speed >= 0.7 && speed <= 1.5)) throw new Refusal(400, 'Speed is out of range.');
  const text = typeof body === 'object' && body !== null && 'text' in body ? String(body.text) : '';
  if (text === '' || text.length > 2000) throw new Refusal(400, 'The text is empty or too long.');
  record.text = text;
  const rate = Number(query.get('sample_rate') ?? 24_000);
  await answer.begin({ 'content-type': `audio/l16;rate=${rate};channels=1` });
  for (const piece of buzz(text, voice, { rate, speed })) await answer.piece(piece);
  answer.end();
}
