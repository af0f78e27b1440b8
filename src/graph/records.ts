import type { Digest, Json } from '../base/digest.ts';
import type { PreImage, Result } from './vertex.ts';

/** A cache record of the second level: a content key, what it stands for, and the result. */
export interface ResultRecord {
  value: Json;
  created: number;
  /** Wall time of the execution in milliseconds: what a hit saves. */
  duration: number;
  /** What the step is called on screen. */
  name: string;
  preImage: PreImage;
}

/** A cache record of the first level: a definition key leads to the content key of its result. */
export interface DefinitionRecord {
  content: Digest;
  preImage: PreImage;
}

/** Where records live. Keys are digests; a record that cannot be read is as good as none. */
export interface RecordStore {
  get(kind: 'definitions' | 'results', key: Digest): Json | undefined;
  put(kind: 'definitions' | 'results', key: Digest, value: Json): void;
  touch(kind: 'definitions' | 'results', key: Digest): void;
}

export interface CacheHit {
  result: Result;
  record: ResultRecord;
}

/** The two-level cache over a record store. */
export class Cache {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  byDefinition(key: Digest, usable: (value: Json) => boolean): CacheHit | undefined {
    const record = this.#records.get('definitions', key) as unknown as DefinitionRecord | undefined;
    if (record === undefined) return undefined;
    return this.byContent(record.content, usable);
  }

  byContent(key: Digest, usable: (value: Json) => boolean): CacheHit | undefined {
    const record = this.#records.get('results', key) as unknown as ResultRecord | undefined;
    if (record === undefined || !usable(record.value)) return undefined;
    this.#records.touch('results', key);
    return { result: { id: key, value: record.value, created: record.created }, record };
  }

  putResult(key: Digest, record: ResultRecord): void {
    this.#records.put('results', key, record as unknown as Json);
  }

  putDefinition(key: Digest, record: DefinitionRecord): void {
    this.#records.put('definitions', key, record as unknown as Json);
  }
}
