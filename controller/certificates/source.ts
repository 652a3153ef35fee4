/** `builtin`: Skald's own authority. */
export type SourceName = 'builtin' | 'vault' | 'cert-manager';

export type LeafKind = 'worker' | 'gateway' | 'operator';

/** A certificate that somebody is to get. */
export interface LeafRequest {
  readonly kind: LeafKind;
  /** The SPIFFE id: the only URI in it. */
  readonly uri: string;
  readonly dnsNames?: readonly string[];
  /** From now on. A source may give less. */
  readonly lifetimeSeconds: number;
  /** Whose it is, for a source that makes objects and names them after that. */
  readonly place: { readonly namespace: string; readonly name: string };
}

export interface Leaf {
  /** Leaf first, then intermediates where there are some. */
  readonly certPem: string;
  /** PKCS #8. Secret. */
  readonly keyPem: string;
  /** CA certificates that came with it, one PEM each. */
  readonly authorities: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Lower-case hex, without colons. */
  readonly serial: string;
}

/** Who issues. What is kept where is CertificateKeeper's matter. Errors say what to do and hold no secret. */
export interface CertificateSource {
  readonly name: SourceName;
  /**
   * Brings the source in order, and says whom peers are to trust now, one PEM each. Once before anything is issued,
   * then each round; idempotent.
   */
  prepare(signal?: AbortSignal): Promise<readonly string[]>;
  issue(request: LeafRequest, signal?: AbortSignal): Promise<Leaf>;
  /** Sooner than usual, milliseconds, when it waits for something. @defaultValue undefined: as usual */
  readonly lookAgainMs?: number | undefined;
  /** When the authority that signs ends, where the source has it itself. */
  readonly authorityNotAfter?: Date | undefined;
  /** Since when the source wants this certificate replaced before its time; undefined: it does not. Asks nobody. */
  supersededAt(certPem: string): Date | undefined;
  /** Does nothing where the source cannot, for what is over, and for what another source issued. Idempotent. */
  revoke(certPem: string, signal?: AbortSignal): Promise<void>;
}

export function usagesOf(kind: LeafKind): readonly ('client' | 'server')[] {
  // A gateway's certificate also identifies it when it dials another one.
  return kind === 'gateway' ? ['server', 'client'] : ['client'];
}
