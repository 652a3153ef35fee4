// How the built-in authority is replaced without anybody being refused: the next one is in every bundle before it signs,
// the old one stays in them as long as something that it signed can be valid. Pure; each step is one write of the Secret
// skald-ca, so that an operator which dies between two steps leaves nothing half done.
import type { CertificateAuthorityMaterial } from '../../../src/pki/ca.ts';
import { renewalTime } from '../../../src/pki/renewal.ts';

export interface AuthorityState {
  /** Signs. */
  readonly current: CertificateAuthorityMaterial;
  /** Will sign: peers learn to trust it. */
  readonly next?: CertificateAuthorityMaterial | undefined;
  /** Signed once. */
  readonly previous: readonly { readonly certPem: string; readonly until: Date }[];
  /** Since when every bundle has had `next`. */
  readonly publishedAt?: Date | undefined;
  /** Since when what `previous` signed is to be replaced. */
  readonly switchedAt?: Date | undefined;
  /** Since when nobody's Secret has had a certificate of `previous`. */
  readonly reissuedAt?: Date | undefined;
  /** The longest life that `current` has ever given. */
  readonly longestSeconds: number;
}

/** What somebody asked for, with the annotation skald.dev/rotate-ca. */
export type RotationRequest = 'start' | 'finish' | undefined;

export interface RotationFacts {
  readonly now: Date;
  readonly request: RotationRequest;
  /** Life of the authority that signs. */
  readonly life: { readonly notBefore: Date; readonly notAfter: Date };
  /** False: an administrator's own, which only they replace. */
  readonly made: boolean;
  /** The bundle in every Secret has all authorities. */
  readonly published: boolean;
  /** No Secret has a certificate that a previous authority signed. */
  readonly reissued: boolean;
  /** From a Secret's change until everybody uses it. */
  readonly distributionSeconds: number;
  /** The longest life that is given today. */
  readonly leafSeconds: number;
}

export type RotationStep =
  /** Make the next authority (or take the one that is there) and put it into the bundles. */
  | { readonly kind: 'stage' }
  /** Remember that every bundle has it. */
  | { readonly kind: 'published' }
  /** The next one signs from now on. */
  | { readonly kind: 'switch' }
  /** Remember that every certificate is of the one that signs. */
  | { readonly kind: 'reissued' }
  /** Take these out of the bundles. */
  | { readonly kind: 'retire'; readonly certPems: readonly string[] }
  /** Remember how long certificates live, before one is signed. */
  | { readonly kind: 'lengthen' };

/** The one next step; undefined: nothing is to be done now. */
export function nextRotationStep(state: AuthorityState, facts: RotationFacts): RotationStep | undefined {
  const { now, request, life } = facts;
  if (facts.leafSeconds > state.longestSeconds) return { kind: 'lengthen' };

  const over = state.previous.filter(({ until }) => until <= now).map(({ certPem }) => certPem);
  if (over.length > 0) return { kind: 'retire', certPems: over };

  if (state.next !== undefined) {
    if (now >= life.notAfter) return { kind: 'switch' };
    if (state.publishedAt === undefined) return facts.published ? { kind: 'published' } : undefined;
    return now >= after(state.publishedAt, facts) ? { kind: 'switch' } : undefined;
  }
  if (request === 'start') return { kind: 'stage' };
  if (facts.made && now >= renewalTime(life)) return { kind: 'stage' };
  if (state.previous.length === 0) return undefined;
  if (state.reissuedAt === undefined) return facts.reissued ? { kind: 'reissued' } : undefined;
  if (request === 'finish' && now >= after(state.reissuedAt, facts)) {
    return { kind: 'retire', certPems: state.previous.map(({ certPem }) => certPem) };
  }
  return undefined;
}

/** @param made the next authority, for the step `stage` when the state has none */
export function takeRotationStep(
  state: AuthorityState,
  step: RotationStep,
  facts: Pick<RotationFacts, 'now' | 'life' | 'leafSeconds'>,
  made?: CertificateAuthorityMaterial,
): AuthorityState {
  const { now, life } = facts;
  switch (step.kind) {
    case 'stage':
      return { ...state, next: state.next ?? made, publishedAt: undefined };
    case 'published':
      return { ...state, publishedAt: now };
    case 'switch': {
      if (state.next === undefined) return state;
      // No certificate of it can be valid any more by then: the longest life from now, and never beyond its own end.
      const longest = now.getTime() + state.longestSeconds * 1000;
      const until = new Date(Math.min(longest, life.notAfter.getTime()));
      return {
        current: state.next,
        previous: [...state.previous, { certPem: state.current.certPem, until }],
        switchedAt: now,
        longestSeconds: facts.leafSeconds,
      };
    }
    case 'reissued':
      return { ...state, reissuedAt: now };
    case 'retire': {
      const previous = state.previous.filter(({ certPem }) => !step.certPems.includes(certPem));
      return previous.length > 0
        ? { ...state, previous }
        : { ...state, previous, switchedAt: undefined, reissuedAt: undefined };
    }
    case 'lengthen':
      return { ...state, longestSeconds: facts.leafSeconds };
  }
}

/** Whom peers are to trust: first who signs. */
export function trustedAuthorities(state: AuthorityState): string[] {
  return [
    state.current.certPem,
    ...(state.next === undefined ? [] : [state.next.certPem]),
    ...state.previous.map(({ certPem }) => certPem),
  ];
}

/** In the words of docs/operations.md; for logs, Events and people. */
export function rotationPhase(state: AuthorityState): 'none' | 'publishing' | 'distributing' | 'retiring' {
  if (state.next !== undefined) return state.publishedAt === undefined ? 'publishing' : 'distributing';
  return state.previous.length > 0 ? 'retiring' : 'none';
}

function after(time: Date, { distributionSeconds }: RotationFacts): Date {
  return new Date(time.getTime() + distributionSeconds * 1000);
}
