/**
 * Close codes of Discord's voice gateway after which joining again cannot work, in words for a person.
 * All others are the network's or the server's, and the connection is built anew.
 */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [4004, 'Discord refused the voice token (4004). The bot may have been removed from the server.'],
  [4016, 'Discord does not know the voice encryption of this build (4016). A newer version is needed.'],
  [4017, 'Discord requires end-to-end encryption (DAVE) in this channel and did not accept it (4017).'],
  [4021, 'Discord refused the voice connection because of rate limits (4021).'],
  [4022, 'The call was ended for everyone: the channel was deleted or the call terminated (4022).'],
]);

/** Undefined: joining again may work. */
export function refusalOf(code: number): string | undefined {
  return REFUSALS.get(code);
}
