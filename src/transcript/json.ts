// A transcript for programs; docs/transcripts.md describes it field by field.
import type { TranscriptSegment } from '../store/index.ts';
import { isErased, type Transcript } from './transcript.ts';

/** Changes when a field changes its meaning or goes; new fields come without. */
export const TRANSCRIPT_SCHEMA = 'skald.dev/transcript/v1';

/** One object, a segment a line. */
export async function* json({
  session,
  speakers,
  segments,
}: Transcript): AsyncGenerator<string, void, undefined> {
  const { uid, namespace, name, campaign, guildId, startedAt, endedAt, endReason } = session;
  const head = {
    schema: TRANSCRIPT_SCHEMA,
    session: {
      uid,
      namespace,
      name,
      campaign,
      guildId,
      startedAt,
      endedAt: endedAt ?? null,
      endReason: endReason ?? null,
    },
    speakers,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"segments":[`;
  let separator = '\n';
  for await (const segment of segments) {
    yield `${separator}${JSON.stringify(written(segment))}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

function written(segment: TranscriptSegment): object {
  const erased = isErased(segment);
  return {
    id: segment.id,
    startedAt: segment.startedAt,
    endedAt: segment.endedAt,
    speaker: erased ? null : { kind: segment.speakerKind, id: segment.speakerId, name: segment.speakerName },
    to: segment.addressedNpc ?? null,
    text: erased ? null : segment.text,
    erased,
    interrupted: segment.interrupted ?? false,
    language: segment.language ?? null,
    turn: segment.correlationId ?? null,
    models: segment.models ?? [],
    build: segment.buildSha ?? null,
    configRevision: segment.configRevision ?? null,
  };
}
