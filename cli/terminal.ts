// What a command may see and do of the terminal; tests bring their own.
import { styleText } from 'node:util';

export interface Terminal {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Whether standard output shows colours. */
  readonly colour: boolean;
  /** Whether standard output is a screen that can be redrawn. */
  readonly screen: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

/** Colours on a terminal only, and not with NO_COLOR or `--no-color`. */
export function realTerminal({ color = true }: { readonly color?: boolean } = {}): Terminal {
  const screen = process.stdout.isTTY === true;
  return {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    colour: screen && color && (process.env.NO_COLOR ?? '') === '',
    screen,
    env: process.env,
    now: () => new Date(),
  };
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

/** Styles a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export function painter(colour: boolean): Paint {
  return (style, text) => (colour && text !== '' ? styleText(style, text, { validateStream: false }) : text);
}

/** `1 session`, `2 sessions`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
