/** The server's own identity from files, reloaded while it listens. */
import { type PemFiles, type PemIdentity, readPemIdentity, watchPemIdentity } from './pem-identity.ts';

export interface ServerIdentityOptions {
  readonly signal: AbortSignal;
  readonly intervalMs?: number;
  /** Given each new identity. @throws {Error} when it cannot be used: told to onError, the old one stays */
  readonly onChange: (identity: PemIdentity) => void;
  readonly onError: (error: unknown) => void;
}

/** Watched until the signal aborts. @throws {Error} when the files cannot be used at the start. */
export async function serverIdentity(files: PemFiles, options: ServerIdentityOptions): Promise<PemIdentity> {
  const identity = await readPemIdentity(files);
  watchPemIdentity(files, identity, options.onChange, options).catch(options.onError);
  return identity;
}
