// The Secret skald-ca: tls.crt and tls.key sign; next.crt and next.key will; state.json has the rest.
import { z } from 'zod';
import { annotations, CA_SECRET, labels, MANAGED_BY } from '../../../src/api/index.ts';
import type { Live, Secret } from '../../../src/kube/index.ts';
import { secretData, secretText } from '../secrets.ts';
import type { AuthorityState, RotationRequest } from './rotation.ts';

const time = z.iso.datetime().transform((text) => new Date(text));

const stateSchema = z.object({
  publishedAt: time.optional(),
  switchedAt: time.optional(),
  reissuedAt: time.optional(),
  longestSeconds: z.number().int().positive().optional(),
  previous: z.array(z.object({ certPem: z.string(), until: time })).default([]),
});

/** What earlier versions gave at most, and did not write down. */
const LONGEST_BEFORE_SECONDS = 30 * 24 * 3600;

/** @throws Error that says what to do when the Secret does not hold an authority */
export function readAuthorityState(secret: Live<Secret>): AuthorityState {
  const where = `Secret ${secret.metadata.namespace}/${secret.metadata.name}`;
  const current = pair(secret, 'tls');
  if (current === undefined) {
    throw new Error(
      `${where} must hold the keys tls.crt and tls.key: restore it from a backup, or delete it and the operator puts ` +
        'back what it remembers or makes another authority',
    );
  }
  const next = pair(secret, 'next');
  const text = secretText(secret, 'state.json');
  if (text === undefined) {
    return { current, next, previous: [], longestSeconds: LONGEST_BEFORE_SECONDS };
  }
  const { longestSeconds = LONGEST_BEFORE_SECONDS, ...rest } = parseState(text, where);
  return { current, next, longestSeconds, ...rest };
}

/** The Secret with this state; what else is in it stays. */
export function writeAuthorityState(secret: Live<Secret>, state: AuthorityState): Secret & Live<Secret> {
  const { 'next.crt': _crt, 'next.key': _key, ...kept } = secret.data ?? {};
  return { ...secret, data: { ...kept, ...secretData(content(state)) } };
}

export function newAuthoritySecret(namespace: string, state: AuthorityState): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      namespace,
      name: CA_SECRET,
      labels: { [labels.managedBy]: MANAGED_BY, [labels.component]: 'controller' },
    },
    type: 'kubernetes.io/tls',
    data: secretData(content(state)),
  };
}

/** False: an administrator brought it. */
export function isOurs(secret: Live<Secret>): boolean {
  return secret.metadata.labels?.[labels.managedBy] === MANAGED_BY;
}

export function requestOf(secret: Live<Secret>): RotationRequest {
  const asked = secret.metadata.annotations?.[annotations.rotateCa];
  return asked === 'start' || asked === 'finish' ? asked : undefined;
}

/** What was asked for is done: the annotation goes. */
export function withoutRequest<T extends Live<Secret>>(secret: T): T {
  const { [annotations.rotateCa]: _, ...kept } = secret.metadata.annotations ?? {};
  return { ...secret, metadata: { ...secret.metadata, annotations: kept } };
}

function content(state: AuthorityState): Record<string, string> {
  const { current, next, previous, publishedAt, switchedAt, reissuedAt, longestSeconds } = state;
  return {
    'tls.crt': current.certPem,
    'tls.key': current.keyPem,
    ...(next === undefined ? {} : { 'next.crt': next.certPem, 'next.key': next.keyPem }),
    'state.json': JSON.stringify({ publishedAt, switchedAt, reissuedAt, longestSeconds, previous }),
  };
}

function pair(secret: Live<Secret>, stem: 'tls' | 'next'): AuthorityState['next'] {
  const certPem = secretText(secret, `${stem}.crt`);
  const keyPem = secretText(secret, `${stem}.key`);
  return certPem === undefined || keyPem === undefined ? undefined : { certPem, keyPem };
}

function parseState(text: string, where: string): z.infer<typeof stateSchema> {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `${where}: state.json cannot be read. Restore the Secret from a backup; or remove that key: then certificates of ` +
        'authorities before the present one are refused',
    );
  }
}
