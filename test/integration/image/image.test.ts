// The images as they are built: what is in them, what is not, and whether their bills of materials say so.
import { createHash } from 'node:crypto';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildImages, type Images } from '../../../hack/image/build.ts';
import { withRootfs } from '../../../hack/sbom/rootfs.ts';
import { sbomOf } from '../../../hack/sbom/sbom.ts';

let images: Images;

beforeAll(async () => {
  images = await buildImages({ onProgress: (line) => console.log(line) });
}, 600_000);

interface Bom {
  readonly serialNumber: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly {
    readonly type: string;
    readonly name: string;
    readonly group?: string;
    readonly version?: string;
    readonly purl?: string;
    readonly 'bom-ref': string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses?: readonly object[];
  }[];
}

describe.each(['skald', 'speech'] as const)('%s', (name) => {
  test('runs as nobody, without a shell around it', async () => {
    const { config } = await withRootfs(images[name].archive, async (rootfs) => rootfs);
    expect(config.User).toBe('65532:65532');
    expect(config.Entrypoint?.[0]).toBe('/app/node');
    expect(config.Cmd ?? []).toEqual([]);
  });

  test('has nothing that gives rights to whoever runs it, and nothing that everybody may write', async () => {
    await withRootfs(images[name].archive, async ({ files }) => {
      const found = [...files].filter(([, { kind }]) => kind === 'file');
      expect(found.length).toBeGreaterThan(50);
      const raising = found.filter(([, { mode }]) => (mode & 0o6000) !== 0 && (mode & 0o111) !== 0);
      expect(raising.map(([path]) => path)).toEqual([]);
      expect(found.filter(([, { mode }]) => (mode & 0o002) !== 0).map(([path]) => path)).toEqual([]);
    });
  });

  test('has a bill of materials that is valid CycloneDX 1.6, and the same each time', async () => {
    const text = await bomText(name);
    const problem = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
    expect(problem).toBeNull();
    expect(await bomText(name)).toBe(text);
    const broken = text.replace('"type": "container"', '"type": "hovercraft"');
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(broken)).not.toBeNull();
  });

  test('its bill names Node.js, the base’s Debian packages, and every package with licence and hash', async () => {
    const bom: Bom = JSON.parse(await bomText(name));
    const purls = bom.components.flatMap(({ purl }) => purl ?? []);
    expect(purls).toContain(`pkg:generic/node@${await nodeVersion(name)}`);
    for (const debian of ['libc6', 'libstdc++6', 'ca-certificates', 'tzdata']) {
      expect(purls.filter((purl) => purl.startsWith(`pkg:deb/debian/${debian}@`))).toHaveLength(1);
    }
    const npm = bom.components.filter(({ purl }) => purl?.startsWith('pkg:npm/'));
    expect(npm.filter(({ licenses, hashes }) => !licenses?.length || !hashes?.length)).toEqual([]);
    expect(new Set(bom.components.map((one) => one['bom-ref'])).size).toBe(bom.components.length);
    console.log(`${name}: ${bom.components.length} components, ${npm.length} of npm`);
  });

  test('every hash of a file in it is that of the file', async () => {
    const bom: Bom = JSON.parse(await bomText(name));
    await withRootfs(images[name].archive, async ({ files }) => {
      const hashed = bom.components.filter(
        ({ type }) => type === 'file' || type === 'machine-learning-model',
      );
      for (const component of hashed) {
        const content = await files.get(component['bom-ref'])?.read();
        expect(component.hashes?.[0]?.content).toBe(
          createHash('sha256')
            .update(content ?? '')
            .digest('hex'),
        );
      }
    });
  });
});

describe('the product image', () => {
  const SHELLS =
    /\/(sh|bash|dash|ash|zsh|ksh|busybox|toybox|env|perl|python[0-9.]*|apt|apt-get|dpkg|curl|wget|nc|gcc)$/;

  test('has no shell, no interpreter but Node.js, no package manager: one program can be started', async () => {
    await withRootfs(images.skald.archive, async ({ files }) => {
      const names = [...files].filter(([, { kind }]) => kind !== 'folder').map(([path]) => path);
      expect(names.filter((path) => SHELLS.test(path) && isProgram(path))).toEqual([]);
      // What is executable and no library is a program, but for examples and mount points (/etc/hosts).
      const programs = [...files].filter(
        ([path, { kind, mode }]) =>
          kind === 'file' && (mode & 0o111) !== 0 && !/\.(node|js|so(\.[0-9.]+)?)$/.test(path),
      );
      expect(programs.map(([path]) => path).filter(isProgram)).toEqual(['/app/node']);
    });
  });

  test('its bill has what runs in it: voice, codec, speech detector and its model', async () => {
    const bom: Bom = JSON.parse(await bomText('skald'));
    const names = bom.components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`));
    for (const wanted of [
      '@discordjs/voice',
      '@discordjs/opus',
      '@snazzah/davey',
      'onnxruntime-node',
      'pg',
      'silero_vad_v5.onnx',
    ]) {
      expect(names).toContain(wanted);
    }
    expect(names.filter((one) => /^(vitest|typescript|esbuild|fast-check)$/.test(one))).toEqual([]);
    const natives = bom.components.filter(({ type }) => type === 'file').map(({ name }) => name);
    expect(natives).toContain('/app/node_modules/@discordjs/opus/opus.node');
  });
});

test('what is compiled for the speech image is in its bill', async () => {
  const bom: Bom = JSON.parse(await bomText('speech'));
  expect(bom.components.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['/app/skald-recogniser', 'espeak-ng', 'pocketsphinx-en-us']),
  );
});

function isProgram(path: string): boolean {
  return !/^\/(usr\/share|var\/lib\/dpkg|etc|lib|usr\/lib)\//.test(path);
}

function bomText(name: keyof Images): Promise<string> {
  const { archive, ref } = images[name];
  return withRootfs(archive, (rootfs) => sbomOf(rootfs, { name: ref.replace(/^.*\/|:.*$/g, ''), ref }));
}

async function nodeVersion(name: keyof Images): Promise<string> {
  const text = await withRootfs(images[name].archive, (rootfs) => rootfs.text('/app/contents.json'));
  return JSON.parse(text ?? '{}').node;
}
