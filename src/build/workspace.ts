import { join } from 'node:path';
import { configureLauncher } from '../../runner/syscall/index.ts';
import type { Json } from '../base/digest.ts';
import { hexOf } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { defaultNetwork } from '../config/default-network.ts';
import { Cache, type RecordStore as CacheRecords } from '../graph/records.ts';
import { BaseLayers } from '../ops/base-layers.ts';
import { ImageSource } from '../ops/image-source.ts';
import type { MountSource } from '../ops/mounts/mount-source.ts';
import { NetworkPool } from '../ops/network-pool.ts';
import { Roots } from '../ops/roots.ts';
import type { HttpClient } from '../registry/index.ts';
import { Snapshots } from '../snapshot/snapshots.ts';
import { openStore, type Store } from '../store/open.ts';
import type { Session } from '../store/sessions.ts';

/** A store with everything that works on it, opened for one command. */
export interface Workspace {
  store: Store;
  snapshots: Snapshots;
  images: ImageSource;
  /** The HTTP client is loaded when the first server is asked. */
  http: () => Promise<HttpClient>;
  /** Goes away with this process's session. */
  temporary: () => string;
  layers: BaseLayers;
  cache: Cache;
  /** Where cache mounts come from that are not here; set where a build has such a place. */
  mountSource?: MountSource | undefined;
  /** Warns, once, that this user namespace maps a single id. */
  onOwnershipLost: () => void;
  /** `<root>/v1`. */
  state: string;
  network: NetworkPool;
  roots: Roots;
  /** When the store is held against prune. Nothing is looked up before, since it might be gone a moment later. */
  held: Promise<void>;
  close(): Promise<void>;
}

export interface WorkspaceOptions {
  root: string;
  signal: AbortSignal;
  /** No registry is asked. */
  offline?: boolean | undefined;
  /** Whether this process is inside a user namespace of ours. */
  rootless: boolean;
  /** Whether that namespace maps a single id. */
  singleUid: boolean;
  isolateNetwork?: boolean | undefined;
  warn: (message: string) => void;
}

/** Opens the store, and holds it against prune from `held` until `close`. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const store = await openStore(options.root);
  configureLauncher({ directory: join(store.layout.base, 'bin') });
  const opening = store.sessions.open();
  let session: Session | undefined;
  const held = opening.then(async (opened) => {
    session = opened;
    // Who dies leaves control groups, too.
    if (store.sessions.reaped > 0) await (await import('../../runner/index.ts')).removeAbandonedGroups();
  });
  held.catch(() => undefined);
  const images = new ImageSource(store, options);
  const snapshots = new Snapshots({
    root: store.layout.base,
    temporary: () => directoryOf(session),
    userXattrs: options.rootless,
    singleUid: options.singleUid,
    signal: options.signal,
  });
  const onOwnershipLost = ownershipWarning(options.warn);
  const layers = new BaseLayers({
    snapshots,
    openBlob: (descriptor, progress, signal) => images.openBlob(descriptor, progress, signal),
    fetchBlob: (descriptor, progress, signal) => images.ensureBlob(descriptor, progress, signal),
    signal: options.signal,
    onOwnershipLost,
  });
  let client: Promise<HttpClient> | undefined;
  const network = new NetworkPool({
    isolate: options.isolateNetwork === true,
    chosen: () => defaultNetwork(process.env),
    warn: options.warn,
  });
  const temporary = () => directoryOf(session);
  return {
    network,
    roots: new Roots({ temporary, env: process.env, warn: options.warn }),
    onOwnershipLost,
    store,
    async http() {
      if (options.offline) throw new TsbuildError('NETWORK', 'nothing is downloaded with --offline');
      client ??= import('../registry/index.ts').then(({ HttpClient }) => new HttpClient());
      return client;
    },
    temporary,
    snapshots,
    images,
    layers,
    cache: new Cache(cacheRecords(store)),
    state: store.layout.base,
    held,
    async close() {
      network.close();
      await images.close();
      await (await client)?.close();
      await opening.then(
        (opened) => opened.close(),
        () => undefined,
      );
    },
  };
}

function directoryOf(session: Session | undefined): string {
  if (session !== undefined) return session.directory;
  throw new TsbuildError('INTERNAL', 'the store was used before it was held');
}

/** Says once that owners could not be kept, or a program not be run as its user. */
export function ownershipWarning(warn: (message: string) => void): () => void {
  let told = false;
  return () => {
    if (told) return;
    told = true;
    warn(
      "this user namespace maps a single id: files and programs of other users become root's. Install the package uidmap and give this user a range in /etc/subuid and /etc/subgid",
    );
  };
}

/** Cache records are JSON files of the store; keys lose their `sha256:`. */
function cacheRecords({ records }: Store): CacheRecords {
  return {
    get: (kind, key) => records.get(kind, hexOf(key)) as Json | undefined,
    put: (kind, key, value) => records.put(kind, hexOf(key), value),
    touch: (kind, key) => records.touch(kind, hexOf(key)),
  };
}
