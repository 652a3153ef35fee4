/**
 * Files that people give to a command, read from where Discord keeps them and from nowhere else: the address comes with the
 * interaction, but a gateway has no business at another.
 */

/** Of a whole file, milliseconds. */
const TIMEOUT_MS = 60_000;

const DISCORD_API = 'discord.com';
const DISCORD_CDN: ReadonlySet<string> = new Set([
  'https://cdn.discordapp.com',
  'https://media.discordapp.net',
]);

export class AttachmentError extends Error {
  /** @param message for the log: no part of the address, which lets its bearer read the file */
  constructor(message: string) {
    super(message);
    this.name = 'AttachmentError';
  }
}

/** @param apiUrl where Discord's API is; when it is not Discord's own, its files are there, too */
export function mayFetch(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  const api = new URL(apiUrl);
  return api.hostname === DISCORD_API ? DISCORD_CDN.has(origin) : origin === api.origin;
}

/**
 * The file, piece by piece; no redirect is followed.
 * @throws {AttachmentError} when it may not be fetched, is not there, or takes too long
 */
export async function* fetchAttachment(url: string, apiUrl: string): AsyncGenerator<Uint8Array> {
  if (!mayFetch(url, apiUrl)) throw new AttachmentError('a file is to be read from Discord alone');
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url, { redirect: 'error', signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new AttachmentError(`Discord answered ${response.status} for a file`);
    }
    yield* response.body;
  } catch (error) {
    if (error instanceof AttachmentError || !isFetchError(error)) throw error;
    throw new AttachmentError(signal.aborted ? 'a file took too long to read' : 'a file could not be read');
  }
}

/** What fetch throws: a TypeError around the network's error, or what the signal gave. */
function isFetchError(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
}
