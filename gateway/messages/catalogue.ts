/**
 * What the bot says, in every language it speaks. A language is one file and one line here; a key that it lacks is a
 * type error.
 */
import { Locale } from 'discord-api-types/v10';
import { de } from './de.ts';
import { en } from './en.ts';

export type Messages = typeof en;

const LANGUAGES: ReadonlyMap<string, Messages> = new Map([
  ['en', en],
  ['de', de],
]);

/** Languages beside English, with Discord's locale for them: for the localisations of commands. */
export const LOCALIZATIONS: readonly { readonly locale: Locale; readonly messages: Messages }[] = [
  { locale: Locale.German, messages: de },
];

export const DEFAULT_MESSAGES: Messages = en;

/** The catalogue for a Discord locale such as `de` or `en-US`; English when there is none. */
export function messagesFor(locale: string | undefined): Messages {
  return LANGUAGES.get(locale?.split('-', 1)[0] ?? '') ?? DEFAULT_MESSAGES;
}
