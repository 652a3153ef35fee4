/** At most `longest` characters, ended after a sentence or a word, with an ellipsis when something was left out. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const room = text.slice(0, longest - 2);
  const sentence = Math.max(...['. ', '! ', '? ', '.\n', '!\n', '?\n'].map((end) => room.lastIndexOf(end)));
  if (sentence > longest / 2) return `${room.slice(0, sentence + 1)} …`;
  const word = room.search(/\s\S*$/);
  return `${(word > longest / 2 ? room.slice(0, word) : room.replace(/[\ud800-\udbff]$/, '')).trimEnd()} …`;
}
