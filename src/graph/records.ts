import { type Digest, isDigest, type Json } from '../base/digest.ts';
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

export function isResultRecord(record: unknown): record is ResultRecord {
  const { value, created, preImage } = (record ?? {}) as Partial<ResultRecord>;
  return value !== undefined && typeof created === 'number' && isPreImage(preImage);
}

export function isDefinitionRecord(record: unknown): record is DefinitionRecord {
  const { content, preImage } = (record ?? {}) as Partial<DefinitionRecord>;
  return typeof content === 'string' && isDigest(content) && isPreImage(preImage);
}

function isPreImage(preImage: PreImage | undefined): boolean {
  return Array.isArray(preImage?.inputs);
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

/**
 * Records that other machines have made. What is found there is put into the records of this one before it is used;
 * the answer says whether something was.
 */
export interface RecordSource {
  adoptDefinition(key: Digest): Promise<boolean>;
  adoptResult(key: Digest): Promise<boolean>;
}

/** The two-level cache over a record store, and over what other machines have recorded. */
export class Cache {
  readonly #records: RecordStore;
  #source: RecordSource | undefined;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /** From here on the source is asked for what the records lack. */
  use(source: RecordSource): void {
    this.#source = source;
  }

  async byDefinition(key: Digest, usable: (value: Json) => boolean): Promise<CacheHit | undefined> {
    const hit = this.#byDefinition(key, usable);
    if (hit !== undefined || this.#source === undefined) return hit;
    return (await this.#source.adoptDefinition(key)) ? this.#byDefinition(key, usable) : undefined;
  }

  async byContent(key: Digest, usable: (value: Json) => boolean): Promise<CacheHit | undefined> {
    const hit = this.#byContent(key, usable);
    if (hit !== undefined || this.#source === undefined) return hit;
    return (await this.#source.adoptResult(key)) ? this.#byContent(key, usable) : undefined;
  }

  #byDefinition(key: Digest, usable: (value: Json) => boolean): CacheHit | undefined {
    const record: unknown = this.#records.get('definitions', key);
    if (!isDefinitionRecord(record)) return undefined;
    const hit = this.#byContent(record.content, usable);
    if (hit !== undefined) this.#records.touch('definitions', key);
    return hit;
  }

  #byContent(key: Digest, usable: (value: Json) => boolean): CacheHit | undefined {
    const record: unknown = this.#records.get('results', key);
    if (!isResultRecord(record) || !usable(record.value)) return undefined;
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
