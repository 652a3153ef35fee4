/**
 * The text of a rich-text field as Foundry VTT keeps it: HTML with links and rolls of its own notation. What is marked
 * as the game master's alone is left out: `<section class="secret">` until it is revealed, and what Pathfinder's system
 * marks with `data-visibility="gm"`.
 */

const BLOCKS = new Set(
  'address article aside blockquote dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
);
const DROPPED = new Set(['script', 'style', 'template', 'iframe', 'svg', 'video', 'audio', 'head', 'title']);
const VOID = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  shy: '',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  sbquo: '‚',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  times: '×',
  deg: '°',
  frac12: '½',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  ecirc: 'ê',
  agrave: 'à',
  aacute: 'á',
  acirc: 'â',
  ccedil: 'ç',
  iacute: 'í',
  ntilde: 'ñ',
  oacute: 'ó',
  ocirc: 'ô',
  uacute: 'ú',
};

/** `@UUID[Actor.x]{the innkeeper}`, `@Damage[2d6[fire]]`, `&Reference[prone]{prone}` */
const LINK = /[@&][A-Z]\w{0,40}\[((?:[^[\]]|\[[^\]]{0,200}\]){0,300})\](?:\{([^}]{0,200})\})?/g;
/** `[[/roll 2d6+3 # fire]]{burns}` */
const ROLL = /\[\[(?:\/\w+\s+)?([^\]#]{0,200})(?:#[^\]]{0,200})?\]\](?:\{([^}]{0,200})\})?/g;

/** One line a paragraph. */
export function htmlToText(html: string): string {
  const text = decode(withoutTags(html));
  const linked = text
    .replaceAll(LINK, (_, _target, label: string | undefined) => label ?? '')
    .replaceAll(ROLL, (_, formula: string, label: string | undefined) => label ?? formula.trim());
  return linked
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/ ([,.;:!?])/g, '$1')
        .trim(),
    )
    .filter((line) => line !== '' && line !== '-')
    .join('\n');
}

interface Tag {
  readonly start: number;
  /** After its end. */
  readonly end: number;
  readonly closing: boolean;
  /** Empty: a comment. */
  readonly name: string;
  readonly attributes: string;
}

function withoutTags(html: string): string {
  let text = '';
  let from = 0;
  // The element that is being left out: its name, and how many of that name are open in it.
  let left: { readonly name: string; depth: number } | undefined;
  for (const { start, end, closing, name, attributes } of tagsOf(html)) {
    if (left === undefined) text += html.slice(from, start).replaceAll('\n', ' ');
    from = end;
    if (left !== undefined) {
      if (name === left.name) left.depth += closing ? -1 : 1;
      if (left.depth === 0) left = undefined;
      continue;
    }
    if (name === 'br') text += '\n';
    else if (BLOCKS.has(name)) text += !closing && name === 'li' ? '\n- ' : '\n';
    const hasContent = !closing && !VOID.has(name) && !attributes.endsWith('/');
    if (hasContent && isLeftOut(name, attributes)) left = { name, depth: 1 };
  }
  if (left === undefined) text += html.slice(from).replaceAll('\n', ' ');
  return text;
}

/** In one pass: a tag or a comment that does not end reaches to the end of the text. */
function* tagsOf(html: string): Generator<Tag> {
  for (let start = html.indexOf('<'); start >= 0; start = html.indexOf('<', start + 1)) {
    if (html.startsWith('<!--', start)) {
      const close = html.indexOf('-->', start + 4);
      const end = close < 0 ? html.length : close + 3;
      yield { start, end, closing: false, name: '', attributes: '' };
      start = end - 1;
      continue;
    }
    const closing = html.charAt(start + 1) === '/';
    const nameStart = start + (closing ? 2 : 1);
    const name = /^[a-zA-Z][\w-]*/.exec(html.slice(nameStart, nameStart + 40))?.[0] ?? '';
    if (name === '') continue;
    const attributesStart = nameStart + name.length;
    const close = closeOf(html, attributesStart);
    const end = Math.min(close + 1, html.length);
    yield { start, end, closing, name: name.toLowerCase(), attributes: html.slice(attributesStart, close) };
    start = end - 1;
  }
}

/** Where the tag's `>` is, which none in quotes is. */
function closeOf(html: string, from: number): number {
  let quote = '';
  for (let at = from; at < html.length; at += 1) {
    const char = html.charAt(at);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '>') return at;
    else if (char === '"' || char === "'") quote = char;
  }
  return html.length;
}

function isLeftOut(name: string, attributes: string): boolean {
  if (DROPPED.has(name)) return true;
  const classes = /\bclass\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))/i.exec(attributes);
  const names = (classes?.[1] ?? classes?.[2] ?? classes?.[3] ?? '').split(/\s+/);
  if (names.includes('secret') && !names.includes('revealed')) return true;
  return /\bdata-visibility\s*=\s*["']?(gm|none)\b/i.test(attributes);
}

function decode(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w{2,8}));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[String(name)] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}
