/**
 * What of a model's text is said aloud: no stage directions, no markup, no name in front. Models write
 * "*grins* **Aye**, traveller" however often they are told not to, and a voice reads every asterisk.
 */
export function speakable(text: string, npcName: string): string {
  let spoken = text.trim();
  const prefix = new RegExp(`^[\\[("“]?${literal(npcName)}[\\])"”]?\\s*[:—-]\\s*`, 'iu');
  spoken = spoken.replace(prefix, '');
  spoken = spoken
    // A model's own marks of roles, when it has learned to write them.
    .replaceAll(/<\|[^|]*\|>/g, ' ')
    // Bold first, so that what is left between single asterisks is a stage direction.
    .replaceAll(/\*\*([^*]+)\*\*/g, '$1')
    .replaceAll(/__([^_]+)__/g, '$1')
    .replaceAll(/\*[^*\n]+\*/g, ' ')
    .replaceAll(/\[[^\]\n]*\]|\([^)\n]*\)/g, ' ')
    .replaceAll(/^\s*(?:[-•#>]+|\d+\.)\s+/gm, '')
    .replaceAll(/[*_`#~|<>]/g, '')
    .replaceAll(/\p{Extended_Pictographic}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\s+([,.!?;:])/g, '$1')
    .trim();
  return /[\p{L}\p{N}]/u.test(spoken) ? spoken : '';
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
