/** What the client's calls take and give. */
import type { KubeObject, Live } from './object.ts';

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** False: the first failure is thrown (reflectors and leader election have their own pace). @defaultValue true */
  retry?: boolean | undefined;
}

export interface Selection {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection, CallOptions {
  /** Objects per page. */
  limit?: number | undefined;
  continue?: string | undefined;
  /** Absent: the newest state. `'0'`: any state, from the API server's memory. */
  resourceVersion?: string | undefined;
}

export interface ListPage<T extends KubeObject> {
  items: Live<T>[];
  resourceVersion: string;
  /** Token of the next page; absent on the last. */
  continue?: string;
}

export interface WatchOptions extends Selection, CallOptions {
  /** Changes after this version are sent. */
  resourceVersion: string;
  /** The server ends the watch after this long. */
  timeoutSeconds?: number | undefined;
}

export type WatchEvent<T extends KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: Live<T> }
  | { type: 'BOOKMARK'; resourceVersion: string };

export interface WriteOptions extends CallOptions {
  fieldManager?: string | undefined;
  /** Validate and admit, but store nothing. */
  dryRun?: boolean | undefined;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take over fields that other managers own. @defaultValue true, as controllers should */
  force?: boolean | undefined;
}

export interface DeleteOptions extends CallOptions {
  /** Delete only this incarnation: 409 when the name belongs to another object by now. */
  uid?: string | undefined;
  /** Delete only this version. */
  resourceVersion?: string | undefined;
  /** @defaultValue Background */
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
  gracePeriodSeconds?: number | undefined;
}

export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; from: string; path: string };

export type Patch = { json: readonly JsonPatchOperation[] } | { merge: object };
