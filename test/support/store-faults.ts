import { createHash } from 'node:crypto';
import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../src/base/digest.ts';
import { hexOf, isDigest } from '../../src/base/digest.ts';
import { isDefinitionRecord, isResultRecord } from '../../src/graph/records.ts';
import type { Descriptor, Index } from '../../src/oci/types.ts';
import type { SnapshotMeta } from '../../src/snapshot/snapshots.ts';
import { StoreLayout } from '../../src/store/layout.ts';

/**
 * Everything in a store that contradicts itself, one line each: blobs that are not what they are called, images that
 * lack a part, records that cannot be read or lead to what is not whole. What nothing leads to is no fault.
 */
export function storeFaults(root: string): string[] {
  const faults = new Faults(new StoreLayout(root));
  faults.blobs();
  faults.images();
  faults.records();
  faults.chains();
  return faults.found;
}

/** Folders whose files are JSON records, by the first digits of their keys. */
const RECORDS = ['definitions', 'results', 'targets', 'graphs', 'logs', 'syntax', 'trees', 'compressed', 'copies'];

class Faults {
  readonly found: string[] = [];
  readonly #layout: StoreLayout;

  constructor(layout: StoreLayout) {
    this.#layout = layout;
  }

  blobs(): void {
    for (const { name } of list(this.#layout.blobs)) {
      const hash = createHash('sha256').update(readFileSync(join(this.#layout.blobs, name)));
      if (hash.digest('hex') !== name) this.found.push(`blob ${name} has other content`);
    }
  }

  images(): void {
    if (!existsSync(this.#layout.index)) return;
    const index = this.#json(this.#layout.index) as Index | undefined;
    for (const manifest of index?.manifests ?? []) this.#descriptor(manifest, 'the index');
  }

  /** Layers of a base image may be elsewhere still: then a record says where. */
  #descriptor({ digest, size, mediaType }: Descriptor, of: string): void {
    const path = this.#layout.blob(digest);
    if (!existsSync(path)) {
      const isElsewhere = mediaType.includes('layer') && existsSync(this.#record('sources', digest));
      if (!isElsewhere) this.found.push(`${of} names ${digest}, which is not here`);
      return;
    }
    const data = readFileSync(path);
    if (data.length !== size) this.found.push(`${of} says that ${digest} has ${size} bytes: it has ${data.length}`);
    if (!/(manifest|index)/.test(mediaType)) return;
    const { manifests = [], config, layers = [] } = JSON.parse(data.toString());
    for (const part of [...manifests, ...(config === undefined ? [] : [config]), ...layers]) {
      this.#descriptor(part, `${mediaType} ${digest}`);
    }
  }

  records(): void {
    for (const kind of RECORDS) {
      const directory = join(this.#layout.base, kind);
      for (const path of files(directory)) {
        const record = this.#json(path);
        if (record === undefined) continue;
        if (kind === 'results') this.#result(record, path);
        if (kind === 'definitions') this.#definition(record, path);
      }
    }
  }

  #definition(record: unknown, path: string): void {
    if (!isDefinitionRecord(record)) this.found.push(`${path} is no definition`);
    else if (!existsSync(this.#record('results', record.content))) this.found.push(`${path} leads to no result`);
  }

  #result(record: unknown, path: string): void {
    if (!isResultRecord(record)) {
      this.found.push(`${path} is no result`);
      return;
    }
    const { snapshot } = record.value as { snapshot?: string | null };
    if (typeof snapshot === 'string') this.#snapshot(snapshot, path);
  }

  /** A layer is a directory, or a blob that it can be unpacked from. */
  #snapshot(id: string, of: string): void {
    const meta = this.#meta(id);
    if (meta === undefined) {
      this.found.push(`${of} leads to the layer ${id}, which is not here`);
      return;
    }
    const { parent, linked = id, origin } = meta;
    const blob = origin?.descriptor.digest;
    const isHere = existsSync(join(this.#layout.snapshots, linked, 'fs'));
    const isElsewhere = blob !== undefined && [this.#layout.blob(blob), this.#record('sources', blob)].some(existsSync);
    if (!isHere && !isElsewhere) this.found.push(`the layer ${id} has no files`);
    if (parent !== null) this.#snapshot(parent, `the layer ${id}`);
  }

  chains(): void {
    const directory = join(this.#layout.base, 'chains');
    for (const { name } of list(directory)) {
      if (name.startsWith('.')) continue;
      if (!isDigest(`sha256:${name}`)) this.found.push(`chains/${name} is no digest`);
      const id = readFileSync(join(directory, name), 'utf8');
      if (this.#meta(id) !== undefined) this.#snapshot(id, `chains/${name}`);
    }
  }

  #meta(id: string): SnapshotMeta | undefined {
    const path = join(this.#layout.snapshots, id, 'meta.json');
    return existsSync(path) ? (this.#json(path) as SnapshotMeta | undefined) : undefined;
  }

  #record(kind: string, digest: Digest): string {
    const key = hexOf(digest);
    return join(this.#layout.base, kind, key.slice(0, 2), `${key.slice(2)}.json`);
  }

  #json(path: string): unknown {
    try {
      return JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      this.found.push(`${path} is no JSON: ${(error as Error).message}`);
      return undefined;
    }
  }
}

function files(directory: string): string[] {
  return list(directory).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.name.endsWith('.json') && !entry.name.startsWith('.') ? [path] : [];
  });
}

function list(directory: string): Dirent[] {
  return existsSync(directory) ? readdirSync(directory, { withFileTypes: true }) : [];
}
