import { expect, test } from 'vitest';
import { htmlToText } from './html-text.ts';
import { shorten } from './shorten.ts';

test.each([
  ['plain text', 'plain text'],
  ['<p>One.</p><p>Two<br>three.</p>', 'One.\nTwo\nthree.'],
  ['<ul><li>ale</li><li>bread</li></ul>', '- ale\n- bread'],
  ['Dwarves &amp; elves &mdash; &#252;ber &#x1F600; &unknown;', 'Dwarves & elves — über 😀 &unknown;'],
  ['a &lt;b&gt; c', 'a <b> c'],
  [
    'see @UUID[Actor.abc123]{the innkeeper}, or @Compendium[x.y.z]{her ale}.',
    'see the innkeeper, or her ale.',
  ],
  ['@UUID[JournalEntry.abc] is empty', 'is empty'],
  [
    'takes [[/r 2d6 # fire]] or [[/damage 1d4]]{some} damage, @Damage[2d6[fire]]{burning}',
    'takes 2d6 or some damage, burning',
  ],
  [
    '<p>Known.</p><section class="secret" id="s1"><p>She is the <section>duke</section> heir.</p></section><p>Too.</p>',
    'Known.\nToo.',
  ],
  ["<section id=x class='gm secret'>hidden</section>seen", 'seen'],
  ['<section class="secret revealed">She sings.</section>', 'She sings.'],
  ['<span data-visibility="gm">DC 20</span><span data-visibility="all">open</span>', 'open'],
  ['<section class="secret">never closed <p>still</p>', ''],
  ['<script>alert(1)</script><style>p{}</style>text<!-- comment --><img src="x" alt=">">', 'text'],
  ['5 < 6 and 7 > 6', '5 < 6 and 7 > 6'],
  ['line\nbreaks\n in   source', 'line breaks in source'],
  ['text<a href="x', 'text'],
])('%s', (html, text) => {
  expect(htmlToText(html)).toBe(text);
});

test('a long field of brackets does not take long', () => {
  const started = performance.now();
  htmlToText('<'.repeat(16_000));
  htmlToText('@A['.repeat(6_000));
  htmlToText('[[/r '.repeat(4_000));
  htmlToText('<p "'.repeat(4_000));
  htmlToText('<!--'.repeat(4_000));
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('shortened after a sentence, else after a word', () => {
  expect(shorten('short', 10)).toBe('short');
  expect(shorten('One sentence here. Another one that is long', 30)).toBe('One sentence here. …');
  expect(shorten('words without an end in sight for long', 20)).toBe('words without an …');
  expect(shorten('x'.repeat(50), 20)).toBe(`${'x'.repeat(18)} …`);
  expect(shorten(`${'x'.repeat(17)}😀${'x'.repeat(30)}`, 20)).toBe(`${'x'.repeat(17)} …`);
});
