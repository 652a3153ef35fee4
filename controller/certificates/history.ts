// Whom peers trust although the source does not name them any more: another root in Vault, another CA behind cert-manager's
// issuer, or another source altogether must not cut sessions that run. Pure; kept in a Secret by AuthorityStore.
import { readCertificate } from '../../src/pki/ca.ts';
import type { SourceName } from './source.ts';

export interface KnownAuthority {
  /** One certificate. */
  readonly certPem: string;
  readonly source: SourceName;
  /** When its source ceased to name it; undefined: it names it. */
  readonly goneSince?: Date | undefined;
}

export interface HistoryFacts {
  readonly now: Date;
  readonly source: SourceName;
  /** Whom the source names now. */
  readonly named: readonly string[];
  /** How long one that is named no more may have certificates that are valid. */
  readonly keepSeconds: number;
}

/**
 * The authorities to trust from now on, those of today first. The built-in source says itself when one of its own is to
 * be trusted no more; of the others nobody says so, and one stays until nothing that it signed can be valid.
 */
export function rememberAuthorities(
  known: readonly KnownAuthority[],
  { now, source, named, keepSeconds }: HistoryFacts,
): KnownAuthority[] {
  const today = named.map((certPem): KnownAuthority => ({ certPem, source }));
  const earlier = known
    .filter(({ certPem }) => !named.includes(certPem))
    .filter((one) => !(one.source === 'builtin' && source === 'builtin'))
    .map((one) => ({ ...one, goneSince: one.goneSince ?? now }))
    .filter(({ certPem, goneSince }) => {
      const until = Math.min(goneSince.getTime() + keepSeconds * 1000, endOf(certPem));
      return until > now.getTime();
    });
  return [...today, ...earlier];
}

/** Whether the second says something that the first does not. */
export function sameAuthorities(left: readonly KnownAuthority[], right: readonly KnownAuthority[]): boolean {
  const texts = (all: readonly KnownAuthority[]) =>
    all
      .map(({ certPem, source, goneSince }) => `${source} ${goneSince?.toISOString() ?? ''} ${certPem}`)
      .sort()
      .join('\n');
  return texts(left) === texts(right);
}

function endOf(certPem: string): number {
  try {
    return readCertificate(certPem).notAfter.getTime();
  } catch {
    return 0;
  }
}
