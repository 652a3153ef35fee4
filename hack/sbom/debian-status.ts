// Which Debian packages an image's base is made of, from what dpkg has noted there: in one file, or, where there is no
// dpkg (distroless, and the bases that are made here), in one for each package.
import type { Rootfs } from './rootfs.ts';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** The source package, whose name security advisories use. */
  readonly source: string;
}

/** By name. */
export async function debianPackages(rootfs: Rootfs): Promise<DebianPackage[]> {
  const places = [...rootfs.files].filter(
    ([path, { kind }]) =>
      kind === 'file' &&
      /^\/var\/lib\/dpkg\/(status|status\.d\/[^/]+)$/.test(path) &&
      !path.endsWith('.md5sums'),
  );
  const texts = await Promise.all(places.map(async ([, file]) => String(await file.read())));
  return texts.flatMap(parseStatus).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Paragraphs of `Field: value`; lines that begin with a space go on. */
export function parseStatus(text: string): DebianPackage[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const fields = new Map(
      [...paragraph.matchAll(/^([A-Za-z-]+): *(.*)$/gm)].map(([, field = '', value = '']) => [
        field,
        value.trim(),
      ]),
    );
    const name = fields.get('Package');
    const version = fields.get('Version');
    if (name === undefined || version === undefined) return [];
    // A package that was removed leaves its paragraph.
    if (/^(deinstall|purge)\b/.test(fields.get('Status') ?? '')) return [];
    const source = fields.get('Source')?.replace(/ .*/, '') ?? name;
    return [{ name, version, architecture: fields.get('Architecture') ?? 'all', source }];
  });
}
