import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../process/run.ts';

/** Debian's release that the Dockerfile's own bases have, too. */
const RELEASE = 'bookworm';

/** What a program compiled for Debian needs in order to run, as distroless/cc has it. */
const CC = ['libc6', 'libstdc++6', 'libgcc-s1', 'ca-certificates', 'tzdata'];

/** The Dockerfile's bases that this machine makes from Debian packages, by the argument that takes each. */
export const BASES = {
  BASE: { packages: CC, bare: true },
  SPEECH_BASE: { packages: [...CC, 'espeak-ng', 'pocketsphinx-en-us'], bare: false },
  // A shell and its tools, because this one runs a command.
  COMPILER: { packages: ['gcc', 'libc6-dev', 'libpocketsphinx-dev', 'dash', 'coreutils'], bare: false },
} as const;

export type BaseName = keyof typeof BASES;

/** Names a base by what it is made of: a change of packages is another base. */
export function baseRef(name: BaseName): string {
  const recipe = JSON.stringify([RELEASE, BASES[name], process.arch, RECIPE]);
  const hash = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  return `localhost/skald-${name.toLowerCase().replace('_', '-')}:${hash}`;
}

/** Counted up when {@link makeRoot} changes what it does. */
const RECIPE = 2;

/**
 * Unpacks a base's packages into a folder: no maintainer scripts run, nothing is configured. Needs root and
 * mmdebstrap, and the Debian mirror that this machine's apt uses.
 */
export async function makeRoot(name: BaseName, folder: string, signal?: AbortSignal): Promise<void> {
  const { packages, bare } = BASES[name];
  await rm(folder, { recursive: true, force: true });
  await run(
    'mmdebstrap',
    [
      '--quiet',
      '--variant=extract',
      `--include=${packages.join(',')}`,
      `--extract-hook=${WRITE_STATUS}`,
      RELEASE,
      folder,
    ],
    // It unmounts what it has mounted.
    { signal, stopSignal: 'SIGTERM' },
  );
  await writeCertificates(folder);
  await writeUsers(folder);
  const leftovers = ['var/cache', 'var/lib/apt', 'var/log', 'dev', 'usr/share/man', 'usr/share/locale'];
  // Tools of packages that are here for their files only; without a shell they would not run anyway.
  if (bare)
    leftovers.push(
      'usr/bin',
      'usr/sbin',
      'usr/share/perl5',
      'usr/share/debconf',
      'usr/share/bash-completion',
    );
  for (const path of leftovers) await rm(join(folder, path), { recursive: true, force: true });
}

/**
 * Writes what each package says of itself to `var/lib/dpkg/status.d`, as distroless images have it: nothing is installed
 * here, and without it neither a scanner nor the image's own bill of materials would know what is in the base.
 */
const WRITE_STATUS = [
  'mkdir -p "$1/var/lib/dpkg/status.d"',
  'for deb in "$1"/var/cache/apt/archives/*.deb; do name=$(dpkg-deb --field "$deb" Package)',
  'dpkg-deb --field "$deb" > "$1/var/lib/dpkg/status.d/$name"; done',
].join('; ');

/** What update-ca-certificates would write. */
async function writeCertificates(root: string): Promise<void> {
  const source = join(root, 'usr/share/ca-certificates/mozilla');
  const names = await readdir(source).catch(() => []);
  if (names.length === 0) return;
  const certificates = await Promise.all(names.sort().map((name) => readFile(join(source, name), 'utf8')));
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await writeFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), certificates.join(''));
}

/** The users of distroless images. */
async function writeUsers(root: string): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  await mkdir(join(root, 'home/nonroot'), { recursive: true });
  const users = [
    'root:x:0:0:root:/root:/sbin/nologin',
    'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin',
  ];
  await writeFile(join(root, 'etc/passwd.part'), `${users.join('\n')}\n`);
  await rename(join(root, 'etc/passwd.part'), join(root, 'etc/passwd'));
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
}
