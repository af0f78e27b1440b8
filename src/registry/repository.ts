import type { Readable } from 'node:stream';
import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { MAX_MANIFEST_SIZE, mediaTypeOf, parseIndex } from '../oci/manifest.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../oci/media-types.ts';
import type { Descriptor, Index } from '../oci/types.ts';
import { type TransferOptions, verifiedBlob } from './blob.ts';
import { readBody } from './body.ts';
import { withRetries } from './retry.ts';
import type { ApiRequest, Session } from './session.ts';
import { failureOf } from './status.ts';
import type { HttpResponse } from './transport.ts';

export interface FetchedManifest {
  descriptor: Descriptor;
  bytes: Buffer;
}

/** A tag or a digest. */
export type Target = string;

const MANIFEST_TYPES: readonly string[] = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST];
const ACCEPT = { accept: MANIFEST_TYPES.join(', ') };
/** A content coding would change the bytes that the digest is of. */
const IDENTITY = { 'accept-encoding': 'identity' };

/** What reads from a repository. */
export type ReadableRepository = Pick<
  Repository,
  'name' | 'resolve' | 'fetchManifest' | 'fetchBlob' | 'download' | 'fetchBytes' | 'hasBlob' | 'referrers'
>;

/** One repository of a registry (OCI distribution-spec). The errors are REGISTRY, NETWORK, DENIED and NOT_FOUND. */
export class Repository {
  readonly name: string;
  protected readonly session: Session;
  protected readonly path: string;

  /** `path` is that of a reference, e.g. `library/debian`. */
  constructor(session: Session, path: string) {
    this.session = session;
    this.path = path;
    this.name = `${session.domain}/${path}`;
  }

  /**
   * The descriptor of what a tag names now, without its content. That the digest is right is the registry's word;
   * `fetchManifest` with the digest proves it.
   */
  async resolve(target: Target, signal?: AbortSignal): Promise<Descriptor> {
    const request = { method: 'HEAD', target: `${this.path}/manifests/${target}`, headers: ACCEPT, signal } as const;
    const response = await this.request(request, [200], `cannot resolve ${this.#nameOf(target)}`);
    await response.discard();
    const digest = response.header('docker-content-digest');
    const mediaType = response.header('content-type');
    const size = Number(response.header('content-length') ?? Number.NaN);
    const isComplete =
      digest !== undefined && isDigest(digest) && mediaType !== undefined && Number.isSafeInteger(size);
    if (!isComplete) return (await this.fetchManifest(target, signal)).descriptor;
    this.#requireDigest(target, digest);
    return { mediaType: withoutParameters(mediaType), digest, size };
  }

  /** A manifest or index with its exact bytes, whose digest is verified if `target` is one. At most 4 MiB. */
  async fetchManifest(target: Target, signal?: AbortSignal): Promise<FetchedManifest> {
    const headers = { ...ACCEPT, ...IDENTITY };
    const request = { method: 'GET', target: `${this.path}/manifests/${target}`, headers, signal } as const;
    const [bytes, response] = await this.#read(request, MAX_MANIFEST_SIZE, `cannot fetch ${this.#nameOf(target)}`);
    const digest = digestOf(bytes);
    this.#requireDigest(target, digest);
    const mediaType = withoutParameters(response.header('content-type') ?? '');
    const isKnown = MANIFEST_TYPES.includes(mediaType);
    const descriptor = { mediaType: isKnown ? mediaType : this.#typeIn(bytes, target), digest, size: bytes.length };
    return { descriptor, bytes };
  }

  /** The content of a blob as a stream that verifies itself (see `verifiedBlob`). */
  async fetchBlob(descriptor: Descriptor, options: TransferOptions = {}): Promise<Readable> {
    const open = (offset: number): Promise<HttpResponse> => this.#openBlob(descriptor, offset, options.signal);
    // The first response is awaited here, so that a blob that is not there is an error of this call.
    let first: HttpResponse | undefined = await this.#retrying(options.signal, () => open(0));
    const openAt = async (offset: number): Promise<HttpResponse> => {
      const response = first ?? (await open(offset));
      first = undefined;
      return response;
    };
    const stream = verifiedBlob(descriptor, openAt, this.session.policy, options);
    return stream.once('close', () => first?.body.destroy());
  }

  /** Gives the content of a blob to `consume`, which begins anew where it is called again: see MirroredRepository. */
  async download(
    descriptor: Descriptor,
    consume: (stream: Readable) => Promise<void>,
    options: TransferOptions = {},
  ): Promise<void> {
    await consume(await this.fetchBlob(descriptor, options));
  }

  /** A small blob in memory, verified; `limit` in bytes. */
  async fetchBytes(descriptor: Descriptor, limit: number, signal?: AbortSignal): Promise<Buffer> {
    if (descriptor.size > limit) {
      throw new TsbuildError('REGISTRY', `blob ${descriptor.digest} has ${descriptor.size} bytes, more than ${limit}`);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of await this.fetchBlob(descriptor, { signal })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean> {
    const request = { method: 'HEAD', target: `${this.path}/blobs/${digest}`, signal } as const;
    const response = await this.request(request, [200, 404], `cannot look for blob ${digest} in ${this.name}`);
    await response.discard();
    return response.status === 200;
  }

  /**
   * What refers to a manifest as its subject, such as signatures and attestations (OCI distribution-spec, Listing
   * Referrers). A registry without that API is asked for the tag that takes its place.
   */
  async referrers(subject: Digest, artifactType?: string, signal?: AbortSignal): Promise<readonly Descriptor[]> {
    const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
    const target = `${this.path}/referrers/${subject}${query}`;
    const request = { method: 'GET', target, headers: { accept: OCI_INDEX, ...IDENTITY }, signal } as const;
    const answer = await this.#read(request, MAX_MANIFEST_SIZE, `cannot list what refers to ${subject}`, [200, 404]);
    const [bytes, response] = answer;
    const found =
      response.status === 200 && withoutParameters(response.header('content-type') ?? '') === OCI_INDEX
        ? parseIndex(bytes, OCI_INDEX)
        : await this.#referrersTag(subject, signal);
    // A registry need not filter; one that does says so in a header that nobody needs then.
    return found.manifests.filter((one) => artifactType === undefined || one.artifactType === artifactType);
  }

  async #referrersTag(subject: Digest, signal: AbortSignal | undefined): Promise<Index> {
    try {
      const { bytes, descriptor } = await this.fetchManifest(subject.replace(':', '-'), signal);
      return parseIndex(bytes, descriptor.mediaType);
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'NOT_FOUND') throw error;
      return { schemaVersion: 2, manifests: [] };
    }
  }

  /** What a token has to allow for the requests of this object. */
  protected get scopes(): readonly string[] {
    return [`repository:${this.path}:pull`];
  }

  /** Sends a request until its status is one of `expected`; `subject` begins the message of an error. */
  protected request(
    request: Omit<ApiRequest, 'scopes'>,
    expected: readonly number[],
    subject: string,
  ): Promise<HttpResponse> {
    return this.#retrying(request.signal, () => this.attempt(request, expected, subject));
  }

  /** One attempt; the error of a status that may pass is a TransientError. */
  protected async attempt(
    request: Omit<ApiRequest, 'scopes'> & { scopes?: readonly string[] },
    expected: readonly number[],
    subject: string,
  ): Promise<HttpResponse> {
    const response = await this.session.send({ scopes: this.scopes, ...request });
    if (expected.includes(response.status)) return response;
    if (response.status === 401) {
      await response.discard();
      throw await this.session.authorizer.denied(subject, response.status);
    }
    throw await failureOf(response, subject, this.#hintFor(response.status));
  }

  #retrying<T>(signal: AbortSignal | undefined, operation: () => Promise<T>): Promise<T> {
    return withRetries(this.session.policy, signal, operation);
  }

  #openBlob({ digest }: Descriptor, offset: number, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const headers = offset === 0 ? IDENTITY : { ...IDENTITY, range: `bytes=${offset}-` };
    const request = { method: 'GET', target: `${this.path}/blobs/${digest}`, headers, signal } as const;
    return this.attempt(request, [200, 206], `cannot fetch blob ${digest} of ${this.name}`);
  }

  #read(
    request: Omit<ApiRequest, 'scopes'>,
    limit: number,
    subject: string,
    expected: readonly number[] = [200],
  ): Promise<[bytes: Buffer, response: HttpResponse]> {
    return this.#retrying(request.signal, async () => {
      const response = await this.attempt(request, expected, subject);
      return [await readBody(response, limit, request.signal), response];
    });
  }

  #typeIn(bytes: Buffer, target: Target): string {
    try {
      return mediaTypeOf(bytes);
    } catch (cause) {
      if (!(cause instanceof TsbuildError)) throw cause;
      throw new TsbuildError('REGISTRY', `the registry sent for ${this.#nameOf(target)} no manifest`, {
        cause,
        hint: `is ${this.session.domain} a registry?`,
      });
    }
  }

  #requireDigest(target: Target, digest: Digest): void {
    if (!isDigest(target) || target === digest) return;
    throw new TsbuildError(
      'REGISTRY',
      `the registry sent for ${this.#nameOf(target)} content with the digest ${digest}`,
      {
        hint: 'the image is damaged or was tampered with',
      },
    );
  }

  #nameOf(target: Target): string {
    return isDigest(target) ? `${this.name}@${target}` : `${this.name}:${target}`;
  }

  #hintFor(status: number): string | undefined {
    if (status === 404) return 'check the name and the tag';
    if (status === 403) return `log in with an account that may: tsbuild login ${this.session.domain}`;
    return undefined;
  }
}

/** `application/json; charset=utf-8` → `application/json`. */
function withoutParameters(contentType: string): string {
  return contentType.replace(/;.*$/s, '').trim().toLowerCase();
}
