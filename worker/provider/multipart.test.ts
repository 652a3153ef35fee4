import { expect, test } from 'vitest';
import { multipart } from './multipart.ts';

test('a form is read back as it was written', async () => {
  const form = new FormData();
  form.set('file', new Blob([Uint8Array.of(0, 13, 10, 45, 45, 255)], { type: 'audio/wav' }), 'utterance.wav');
  form.set('model', 'whisper-1');
  form.set('prompt', 'Grüße, "Öse"\r\nBruno');
  form.set('a "quoted"\nname', '');
  const { contentType, body } = await multipart(form);
  const read = await new Response(Buffer.from(body), { headers: { 'content-type': contentType } }).formData();
  expect([...read.keys()]).toEqual(['file', 'model', 'prompt', 'a "quoted"\nname']);
  expect(read.get('prompt')).toBe('Grüße, "Öse"\r\nBruno');
  const file = read.get('file');
  if (!(file instanceof File)) throw new Error('the file is none');
  expect(file.name).toBe('utterance.wav');
  expect(file.type).toBe('audio/wav');
  expect([...(await file.bytes())]).toEqual([0, 13, 10, 45, 45, 255]);
});
