import { describe, expect, it } from 'vitest';
import { chunk, cutLine, eventLine, head, insideCharacter, LineSplitter } from './frames.ts';

const line = eventLine('ADDED', { metadata: { name: 'a' }, data: { text: 'naïve' } });
/** The body of a chunk, without what frames it. */
const bodyOf = (bytes: Buffer) => bytes.subarray(bytes.indexOf('\r\n') + 2, -2);

describe('cuts of a watch line', () => {
  it('in-object leaves a complete chunk whose JSON is not', () => {
    const body = bodyOf(cutLine(line, 'in-object')).toString();
    expect(line.toString().startsWith(body)).toBe(true);
    expect(() => JSON.parse(body)).toThrow();
  });

  it('in-character leaves half a character', () => {
    const body = bodyOf(cutLine(line, 'in-character'));
    expect(body.toString('utf8').endsWith('\uFFFD')).toBe(true);
    expect(body.at(-1)).toBe(line[insideCharacter(line) - 1]);
  });

  it('before-newline leaves a whole object', () => {
    const body = bodyOf(cutLine(line, 'before-newline')).toString();
    expect(`${body}\n`).toBe(line.toString());
    expect(JSON.parse(body)).toMatchObject({ type: 'ADDED' });
  });

  it('in-chunk-header leaves the beginning of a length', () => {
    expect(cutLine(line, 'in-chunk-header').toString()).toBe(line.length.toString(16)[0]);
  });

  it('between-objects leaves all of it', () => {
    expect(cutLine(line, 'between-objects')).toEqual(chunk(line));
  });

  it('a line of ASCII has no character to be cut in two: its middle is taken', () => {
    expect(insideCharacter(Buffer.from('abcd'))).toBe(2);
  });
});

describe('heads', () => {
  it("pass on what the server said, but for the framing, which is the proxy's own", () => {
    const text = head(200, {
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
      'content-length': '5',
      warning: 'careful',
    }).toString();
    expect(text.split('\r\n')).toEqual([
      'HTTP/1.1 200 OK',
      'content-type: application/json',
      'warning: careful',
      'transfer-encoding: chunked',
      'connection: close',
      '',
      '',
    ]);
    expect(head(200, {}, 7).toString()).toContain('content-length: 7\r\n');
  });
});

describe('LineSplitter', () => {
  it('joins what came in pieces, byte by byte', () => {
    const splitter = new LineSplitter();
    const lines = [...Buffer.concat([line, line])].flatMap((byte) => splitter.push(Buffer.from([byte])));
    expect(lines).toEqual([line, line]);
  });
});
