import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.unknown().optional(),
});

/**
 * The licence notices that must go with copies of these packages: name, version, licence, and the texts that each
 * brings along.
 *
 * @param folders package folders, absolute.
 */
export async function collectNotices(folders: Iterable<string>): Promise<string> {
  const notices = await Promise.all([...new Set(folders)].sort().map(noticeOf));
  const head = 'This image contains the following packages, under the licences that they name.\n';
  return [head, ...notices].join(`\n${'-'.repeat(80)}\n\n`);
}

async function noticeOf(folder: string): Promise<string> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  const files = (await readdir(folder)).filter((name) => /^(licen[cs]e|notice|copying)/i.test(name)).sort();
  const texts = await Promise.all(
    files.filter((name) => !/\.(js|ts|json)$/.test(name)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  const licence =
    typeof manifest.license === 'string' ? manifest.license : JSON.stringify(manifest.license ?? 'not named');
  return [`${manifest.name} ${manifest.version} (${licence})`, ...texts.map((text) => text.trim())].join(
    '\n\n',
  );
}
