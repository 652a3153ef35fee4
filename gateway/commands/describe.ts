import { DEFAULT_MESSAGES, LOCALIZATIONS, type Messages } from '../messages/catalogue.ts';

interface Described {
  setDescription(text: string): unknown;
  setDescriptionLocalization(locale: (typeof LOCALIZATIONS)[number]['locale'], text: string): unknown;
}

/** Sets a description in every language of the catalogue. */
export function describeIn(builder: Described, text: (messages: Messages) => string): void {
  builder.setDescription(text(DEFAULT_MESSAGES));
  for (const { locale, messages } of LOCALIZATIONS)
    builder.setDescriptionLocalization(locale, text(messages));
}
