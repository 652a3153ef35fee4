/**
 * A recap for whoever asks: the one that was written of these very words, else a VoiceSession of mode Recap, whose worker
 * writes it. Two who ask at the same time share one: its name says of which words it is.
 */
import { createHash } from 'node:crypto';
import {
  API_VERSION,
  annotations,
  type Campaign,
  labels,
  MANAGED_BY,
  type VoiceSession,
} from '../../../src/api/index.ts';
import type { Live } from '../../../src/kube/index.ts';
import {
  type Database,
  RecapStore,
  type SessionSummary,
  type StoredRecap,
  TranscriptReader,
} from '../../../src/store/index.ts';
import type { Interacting } from '../command.ts';
import { isLive } from './progress.ts';

export type RecapAnswer = { readonly recap: StoredRecap } | { readonly refusal: string };

/** A recap takes five minutes at most, and its pod some time to start. */
const PATIENCE_MS = 10 * 60_000;

/** @param onWriting called when it has to be written first */
export async function recapOf(
  asking: Interacting,
  database: Database,
  session: SessionSummary,
  onWriting: () => void,
): Promise<RecapAnswer> {
  const { host, publicMessages, log } = asking;
  const texts = publicMessages.recap;
  const campaign = host.campaigns().find(({ metadata }) => metadata.name === session.campaign);
  if (campaign === undefined) return { refusal: texts.campaignGone(session.campaign) };
  const { revision, segments } = await new TranscriptReader(database).revision(session.uid);
  if (segments === 0) return { refusal: texts.nothing(session.name) };
  const recaps = new RecapStore(database);
  const { language } = campaign.spec;
  const key = { sessionUid: session.uid, revision, language, model: host.languageModel(campaign) };
  const known = await recaps.find(key);
  if (known !== undefined) return { recap: known };

  onWriting();
  let request: Live<VoiceSession>;
  try {
    const before = host.recaps().filter(({ spec }) => isOf(spec, session));
    request =
      before.find(isLive) ??
      (await host.createSession(newRecap(asking, session, campaign, recapName(key, session, before))));
  } catch (error) {
    log.warn({ err: error }, 'A recap could not be started');
    return { refusal: texts.notCreated };
  }
  log.info({ session: request.metadata.name, recapOf: session.name }, 'Recap requested from Discord');
  const over = await end(asking, request);
  if (over === undefined) return { refusal: texts.tooLong };
  if (over.status?.endReason === 'Completed') {
    const written = (await recaps.find(key)) ?? (await recaps.latest(session.uid, language));
    if (written !== undefined) return { recap: written };
  }
  return { refusal: failureText(over, texts) };
}

/** Why there is none, in a sentence: the reason for which it was not admitted says more than that it was not. */
export function failureText(
  { metadata, status }: VoiceSession,
  texts: Interacting['messages']['recap'],
): string {
  const known: Readonly<Record<string, string>> = texts.failure;
  for (const reason of [status?.reason, status?.endReason]) {
    const text = reason !== undefined && Object.hasOwn(known, reason) ? known[reason] : undefined;
    if (text !== undefined) return text;
  }
  return texts.otherFailure(metadata.name ?? '');
}

/** The recap's VoiceSession when it is over; undefined: it did not come to its end in time. */
function end({ host }: Interacting, request: Live<VoiceSession>): Promise<Live<VoiceSession> | undefined> {
  const { promise, resolve } = Promise.withResolvers<Live<VoiceSession> | undefined>();
  const done = new AbortController();
  const patience = AbortSignal.timeout(PATIENCE_MS);
  patience.addEventListener('abort', () => resolve(undefined), { once: true });
  host.followSession(request, AbortSignal.any([done.signal, patience]), (current) => {
    // Somebody has deleted it.
    if (current === undefined) resolve({ ...request, status: { ...request.status, endReason: 'Deleted' } });
    else if (!isLive(current)) resolve(current);
  });
  return promise.finally(() => done.abort());
}

function isOf(spec: VoiceSession['spec'], { name, guildId }: SessionSummary): boolean {
  return spec.recapOf === name && spec.guildId === guildId;
}

/** `<session>-recap-<8 hex>`, at most 63 characters. Those before it count: what failed once may be tried again. */
export function recapName(
  key: {
    readonly sessionUid: string;
    readonly revision: string;
    readonly language: string;
    readonly model: string;
  },
  { name }: Pick<SessionSummary, 'name'>,
  before: readonly Live<VoiceSession>[],
): string {
  const { sessionUid, revision, language, model } = key;
  const attempts = before.map(({ metadata: { uid } }) => uid).sort();
  const of = JSON.stringify([sessionUid, revision, language, model, attempts]);
  const id = createHash('sha256').update(of).digest('hex').slice(0, 8);
  return `${name.slice(0, 48).replace(/-+$/, '')}-recap-${id}`;
}

function newRecap(
  { host, interactionId, guildId, channelId, userId, displayName }: Interacting,
  session: SessionSummary,
  campaign: Live<Campaign>,
  name: string,
): VoiceSession {
  return {
    apiVersion: API_VERSION,
    kind: 'VoiceSession',
    metadata: {
      name,
      namespace: host.tenant.namespace,
      labels: {
        [labels.managedBy]: MANAGED_BY,
        [labels.tenant]: host.tenant.name,
        [labels.campaign]: campaign.metadata.name,
      },
      annotations: { [annotations.createdBy]: 'discord' },
    },
    spec: {
      mode: 'Recap',
      recapOf: session.name,
      campaignRef: { name: campaign.metadata.name },
      guildId,
      textChannelId: channelId,
      requestedBy: { userId, displayName: displayName.slice(0, 128), interactionId },
      desiredState: 'Running',
    },
  };
}
