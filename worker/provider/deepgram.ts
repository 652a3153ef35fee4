/** What all of Deepgram's API has in common. */
import type { KeyHeader } from './http.ts';

/** `Bearer` is for its short-lived tokens. */
export const deepgramKey: KeyHeader = (apiKey) => ({ authorization: `Token ${apiKey}` });
