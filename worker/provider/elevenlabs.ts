/** What all of ElevenLabs' API has in common. */
import type { KeyHeader } from './http.ts';

export const elevenLabsKey: KeyHeader = (apiKey) => ({ 'xi-api-key': apiKey });
