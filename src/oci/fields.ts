import { type Digest, isDigest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * An object of untrusted JSON whose fields are read with their type checked. An absent field and `null` (which Go
 * writes for an empty list or map) are both undefined. Every error is INVALID and says which field it is about.
 */
export class CheckedObject {
  /** Where the object is in the document, e.g. `manifest.layers[2]`. */
  readonly path: string;
  readonly #fields: Fields;

  constructor(value: unknown, path: string) {
    if (!isObject(value)) throw wrong(path, 'an object');
    this.path = path;
    this.#fields = value;
  }

  static parse(document: Uint8Array | string, name: string, limit: number): CheckedObject {
    const size = typeof document === 'string' ? Buffer.byteLength(document) : document.length;
    if (size > limit)
      throw new TsbuildError('INVALID', `the ${name} has ${size} bytes, more than the limit of ${limit}`);
    return new CheckedObject(parseJson(document, name), name);
  }

  /** The object itself, for fields that somebody else checks. */
  get value(): Fields {
    return this.#fields;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  string(name: string): string | undefined {
    return this.#checked(name, isString, 'a string');
  }

  requiredString(name: string): string {
    return this.string(name) ?? this.fail(name, 'a string');
  }

  boolean(name: string): boolean | undefined {
    return this.#checked(name, (value) => typeof value === 'boolean', 'true or false');
  }

  /** An integer from 0 that a JavaScript number holds exactly. */
  count(name: string): number | undefined {
    return this.#checked(name, isCount, 'a non-negative integer');
  }

  requiredDigest(name: string): Digest {
    const text = this.requiredString(name);
    return isDigest(text) ? text : this.fail(name, 'a sha256 digest');
  }

  strings(name: string): readonly string[] | undefined {
    return this.#checked(name, (value) => Array.isArray(value) && value.every(isString), 'a list of strings');
  }

  stringMap(name: string): Readonly<Record<string, string>> | undefined {
    return this.#checked(name, isStringMap, 'an object of strings');
  }

  /** The keys of a field that Go declares as `map[string]struct{}`. */
  keys(name: string): readonly string[] | undefined {
    const value = this.#checked(name, isObject, 'an object');
    return value && Object.keys(value);
  }

  object(name: string): CheckedObject | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : new CheckedObject(value, `${this.path}.${name}`);
  }

  requiredObject(name: string): CheckedObject {
    return this.object(name) ?? this.fail(name, 'an object');
  }

  objects(name: string): readonly CheckedObject[] | undefined {
    const values = this.#checked(name, (value): value is unknown[] => Array.isArray(value), 'a list');
    return values?.map((value, i) => new CheckedObject(value, `${this.path}.${name}[${i}]`));
  }

  fail(name: string, expected: string): never {
    throw wrong(`${this.path}.${name}`, expected);
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  #checked<T>(name: string, isRight: (value: unknown) => value is T, expected: string): T | undefined {
    const value = this.#get(name);
    if (value === undefined || isRight(value)) return value as T | undefined;
    return this.fail(name, expected);
  }
}

function parseJson(document: Uint8Array | string, name: string): unknown {
  try {
    const text = typeof document === 'string' ? document : new TextDecoder('utf-8', { fatal: true }).decode(document);
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw new TsbuildError('INVALID', `the ${name} is not JSON: ${error.message.slice(0, 200)}`, { cause: error });
  }
}

function wrong(path: string, expected: string): TsbuildError {
  return new TsbuildError('INVALID', `${path} is not ${expected}`);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isStringMap(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every(isString);
}

export function optional<T>(object: CheckedObject | undefined, read: (object: CheckedObject) => T): T | undefined {
  return object === undefined ? undefined : read(object);
}

/** Without the fields that are undefined, so that equal documents are deeply equal values. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
