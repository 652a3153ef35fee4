import type { ImageName } from './inputs.ts';

/** What builds images from the Dockerfile, and writes them to archives. */
export interface ImageEngine {
  /** Named in the input hash: images of different engines have different bases. */
  readonly name: 'docker' | 'buildah';
  /** Builds one target and tags it. @throws RunError with the end of what the builder wrote. */
  build(target: ImageName, ref: string, signal?: AbortSignal): Promise<BuiltImage>;
  /** Writes a docker-archive, which containerd, kind and Docker all load. */
  save(ref: string, archive: string, signal?: AbortSignal): Promise<void>;
  /** Forgets tags of this image other than those given, so that the store does not grow with every change. */
  prune(repository: string, keep: readonly string[]): Promise<void>;
}

export interface BuiltImage {
  /** `sha256:…` of the image's configuration: the image ID that `crictl images` shows. */
  readonly digest: string;
}

/** Lines of progress, for people. */
export type Progress = (line: string) => void;
