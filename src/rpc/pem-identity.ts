/**
 * A certificate, its key and the CA that signed the peers, in PEM: read from the files of a mounted Secret, and
 * watched for renewal. The kubelet replaces a mounted Secret by switching a symbolic link, which file notification
 * does not see reliably, so the files are compared at an interval.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setInterval as every } from 'node:timers/promises';

export interface PemIdentity {
  /** Certificate chain, leaf first. */
  readonly certificate: string;
  readonly privateKey: string;
  /** One or more CA certificates that peers are verified against. */
  readonly authority: string;
}

export interface PemFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly authorityFile: string;
}

/** How often watched files are compared, milliseconds. The kubelet itself may take a minute. */
export const DEFAULT_RELOAD_INTERVAL_MS = 10_000;

/** The file names of a Secret of type kubernetes.io/tls with ca.crt, mounted at `directory`. */
export function pemFilesIn(directory: string): PemFiles {
  return {
    certificateFile: `${directory}/tls.crt`,
    privateKeyFile: `${directory}/tls.key`,
    authorityFile: `${directory}/ca.crt`,
  };
}

/** @throws {Error} when a file cannot be read, or the key does not belong to the certificate (a renewal under way). */
export async function readPemIdentity(files: PemFiles): Promise<PemIdentity> {
  try {
    const [certificate, privateKey, authority] = await Promise.all([
      readFile(files.certificateFile, 'utf8'),
      readFile(files.privateKeyFile, 'utf8'),
      readFile(files.authorityFile, 'utf8'),
    ]);
    const identity = { certificate, privateKey, authority };
    verifyPemIdentity(identity);
    return identity;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `cannot load the TLS identity from ${files.certificateFile}, ${files.privateKeyFile} and ${files.authorityFile}: ${why}`,
      { cause },
    );
  }
}

/** @throws {Error} when a part is not PEM or the key is another certificate's. The key never appears in the error. */
export function verifyPemIdentity(identity: PemIdentity): void {
  const leaf = new X509Certificate(identity.certificate);
  new X509Certificate(identity.authority);
  if (!leaf.checkPrivateKey(createPrivateKey(identity.privateKey))) {
    throw new Error('the private key does not belong to the certificate');
  }
}

export function samePemIdentity(left: PemIdentity, right: PemIdentity): boolean {
  return (
    left.certificate === right.certificate &&
    left.privateKey === right.privateKey &&
    left.authority === right.authority
  );
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** @defaultValue {@link DEFAULT_RELOAD_INTERVAL_MS} */
  readonly intervalMs?: number;
  /** Told when the files cannot be used; the last good identity stays in force and the next interval tries again. */
  readonly onError?: (error: unknown) => void;
}

/** Calls back with every new identity in the files that differs from `current`; resolves when the signal aborts. */
export async function watchPemIdentity(
  files: PemFiles,
  current: PemIdentity,
  onChange: (identity: PemIdentity) => void,
  options: WatchOptions,
): Promise<void> {
  let last = current;
  try {
    const ticks = every(options.intervalMs ?? DEFAULT_RELOAD_INTERVAL_MS, undefined, {
      signal: options.signal,
      ref: false,
    });
    for await (const _ of ticks) {
      try {
        const next = await readPemIdentity(files);
        if (samePemIdentity(last, next)) continue;
        last = next;
        onChange(next);
      } catch (error) {
        options.onError?.(error);
      }
    }
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
}
