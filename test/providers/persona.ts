import { inFirstPerson } from './first-person.ts';

/** Who a system prompt says the assistant is. */
export interface Persona {
  readonly name: string;
  /** What the character is, such as `innkeeper of the Silver Stag`; empty when the prompt does not say. */
  readonly title: string;
  /** Whole sentences that the character can say of itself. */
  readonly facts: readonly string[];
}

/** Sentences of a prompt that tell a model how to answer, not who it is. */
const INSTRUCTION =
  /\b(answers?|repl(?:y|ies)|respond|sentences?|markdown|prompts?|models?|assistant|instructions?|role-?play\w*|game master|players?|transcript)\b|^(?:do not|don['’]t|please|you (?:must|should|may|speak|never|always))\b|^(?:never|always)\s+(?!\w+s\b)/i;

/** A paragraph that begins like this is about where the character lives. */
const SETTING = /^(?:the |this |your |our )?(?:story|campaign|world|setting|scene|adventure|tale)\b/i;

const INTRODUCTION =
  /\b(?:you are|you're|your name is|you play|name:|character:)\s+(?:the character\s+)?["“]?(\p{Lu}[\p{L}'’-]*(?: \p{Lu}[\p{L}'’-]*)*)/iu;

/**
 * Reads a persona out of any system prompt that says `You are <Name>` (or `Name: <Name>`), in whatever words follow.
 * It knows nothing of the program that wrote the prompt, as a vendor's model does not: what is told of the character
 * is the prose from its introduction to the first list, heading or paragraph about the setting.
 */
export function readPersona(systemPrompt: string): Persona {
  const introduced = INTRODUCTION.exec(systemPrompt);
  const name = capitalisedPart(introduced?.[1]);
  if (!introduced || name === '') return { name: 'Nobody', title: '', facts: [] };
  const after = systemPrompt.slice(introduced.index + introduced[0].length);
  const titled =
    /^["”]?\s*(?:,|\(|—|-|:)?\s*((?:an?|the)\s[^.,;()\n]{2,60})/u.exec(after) ??
    /^title:\s*(.{2,60})$/imu.exec(systemPrompt);
  return {
    name,
    title: (titled?.[1] ?? '').trim().replace(/^(?:an?|the)\s+/i, ''),
    facts: [...new Set(told(after).map((sentence) => inFirstPerson(sentence, name)))],
  };
}

/** The sentences that the prompt tells of the character, without those that introduce or instruct. */
function told(after: string): string[] {
  const paragraphs = after.split(/\n\s*\n/).map((text) => text.trim());
  // The rest of the sentence that names the character has no more than its title.
  const first = (paragraphs.shift() ?? '').replace(/^[^.!?\n]*(?:[.!?]+|\n|$)/, '');
  const end = paragraphs.findIndex(
    (text) => SETTING.test(text) || /:\s*(?:\n|$)|^\s*(?:[-*#]|\d+[.)])/.test(text),
  );
  return [first, ...(end < 0 ? paragraphs : paragraphs.slice(0, end))]
    .flatMap((paragraph) => paragraph.split(/\n(?=[\w ]{2,24}:\s)/))
    .filter((line) => !/^\s*title:/i.test(line))
    .map((line) => line.replace(/^\s*[\w ]{2,24}:\s+/, '').replaceAll(/\s+/g, ' '))
    .flatMap((text) => text.split(/(?<=[.!?])\s+|;\s+/))
    .map((sentence) => sentence.replace(/[.!?\s]+$/, '').trim())
    .filter((sentence) => sentence.length >= 3 && sentence.length <= 300 && !INSTRUCTION.test(sentence));
}

/** The expression above matches without case, so that `You are` does; a name is only what is written with capitals. */
function capitalisedPart(words: string | undefined): string {
  const kept: string[] = [];
  for (const word of words?.split(/\s+/) ?? []) {
    if (!/^\p{Lu}/u.test(word)) break;
    kept.push(word);
  }
  return kept.join(' ');
}
