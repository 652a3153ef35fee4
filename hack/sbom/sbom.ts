// The bill of materials of an image, as CycloneDX 1.6: everything in it that somebody else made, read from the image
// itself. The same image gives the same bytes.
import { createHash } from 'node:crypto';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { CONTENTS_FILE, type Contents, contentsSchema } from '../bundle/contents.ts';
import { type DebianPackage, debianPackages } from './debian-status.ts';
import type { ImageFile, Rootfs } from './rootfs.ts';

const { ComponentType, HashAlgorithm } = Enums;

export interface SbomSubject {
  /** `skald` or `skald-speech`. */
  readonly name: string;
  /** What the image is called. */
  readonly ref: string;
}

/** @throws Error when the image does not say what is in it: it was built by an older tree. */
export async function sbomOf(rootfs: Rootfs, subject: SbomSubject): Promise<string> {
  const text = await rootfs.text(`/app/${CONTENTS_FILE}`);
  if (text === undefined) throw new Error(`${subject.ref} has no /app/${CONTENTS_FILE}`);
  const contents = contentsSchema.parse(JSON.parse(text));
  const bom = new Models.Bom({ serialNumber: serialOf(rootfs.id) });
  const image = new Models.Component(ComponentType.Container, subject.name, {
    bomRef: subject.name,
    version: contents.version,
    hashes: new Models.HashDictionary([[HashAlgorithm['SHA-256'], rootfs.id]]),
    properties: new Models.PropertyRepository([new Models.Property('skald:image', subject.ref)]),
  });
  bom.metadata.component = image;
  const components = [
    ...contents.packages.map(npmComponent),
    ...(await debianPackages(rootfs)).map(debianComponent),
    ...contents.models.map(modelComponent),
    await nodeComponent(rootfs, contents),
    ...(await machineCode(rootfs)),
  ];
  for (const component of components) {
    bom.components.add(component);
    image.dependencies.add(component.bomRef);
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return `${new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 1 })}\n`;
}

function npmComponent({ name, version, licence, integrity }: Contents['packages'][number]): Models.Component {
  const [, group, short] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [undefined, undefined, name];
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return new Models.Component(ComponentType.Library, short ?? name, {
    bomRef: purl,
    version,
    purl,
    ...(group === undefined ? {} : { group }),
    licenses: new Models.LicenseRepository([licenceOf(licence)]),
    hashes: new Models.HashDictionary([
      [HashAlgorithm['SHA-512'], Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')],
    ]),
  });
}

/** One identifier, or an expression of several. */
function licenceOf(licence: string): Models.SpdxLicense | Models.LicenseExpression {
  return /\s/.test(licence) ? new Models.LicenseExpression(licence) : new Models.SpdxLicense(licence);
}

function debianComponent({ name, version, architecture, source }: DebianPackage): Models.Component {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return new Models.Component(ComponentType.Library, name, {
    bomRef: purl,
    version,
    purl,
    properties: new Models.PropertyRepository([new Models.Property('debian:source', source)]),
  });
}

function modelComponent({ name, path, sha256, package: from }: Contents['models'][number]): Models.Component {
  return new Models.Component(ComponentType.MachineLearningModel, name, {
    bomRef: path,
    hashes: new Models.HashDictionary([[HashAlgorithm['SHA-256'], sha256]]),
    properties: new Models.PropertyRepository([
      new Models.Property('skald:path', path),
      new Models.Property('skald:package', from),
    ]),
  });
}

async function nodeComponent(rootfs: Rootfs, { node }: Contents): Promise<Models.Component> {
  const program = rootfs.files.get('/app/node');
  if (program === undefined) throw new Error('the image has no /app/node');
  const purl = `pkg:generic/node@${node}`;
  return new Models.Component(ComponentType.Platform, 'node', {
    bomRef: purl,
    version: node,
    purl,
    licenses: new Models.LicenseRepository([new Models.SpdxLicense('MIT')]),
    hashes: new Models.HashDictionary([[HashAlgorithm['SHA-256'], await hashOf(program)]]),
  });
}

/** Libraries and programs of packages, and what was compiled here: by their bytes, for whoever looks for a certain one. */
function machineCode(rootfs: Rootfs): Promise<Models.Component[]> {
  const files = [...rootfs.files].filter(
    ([path, { kind, mode }]) =>
      kind === 'file' &&
      path.startsWith('/app/') &&
      path !== '/app/node' &&
      (/\.(node|so(\.\d+)*)$/.test(path) || (mode & 0o111) !== 0) &&
      !/\.(js|json|txt|sql)$/.test(path),
  );
  return Promise.all(
    files.map(
      async ([path, file]) =>
        new Models.Component(ComponentType.File, path, {
          bomRef: path,
          hashes: new Models.HashDictionary([[HashAlgorithm['SHA-256'], await hashOf(file)]]),
        }),
    ),
  );
}

async function hashOf(file: ImageFile): Promise<string> {
  return createHash('sha256')
    .update(await file.read())
    .digest('hex');
}

/** A UUID (version 8: of our own making) that the image decides. */
function serialOf(id: string): string {
  const hex = createHash('sha256').update(`skald-sbom:${id}`).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
