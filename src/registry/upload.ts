import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ProgressListener } from './blob.ts';
import { pauseAfter, type RetryPolicy, TransientError } from './retry.ts';
import type { HttpResponse } from './transport.ts';
import { type OpenContent, type UploadPart, uploadBody } from './upload-body.ts';

/** A blob that broke on its way goes in parts of this many bytes from then on, so that a part is all that is lost. */
const PART = 16 * 1024 * 1024;
/** The smallest part that is tried with a server that takes no large request. */
const MIN_PART = 1024 * 1024;
/** A failure after this many bytes more is a first one again. */
const WORTHWHILE_PROGRESS = 1024 * 1024;

/** What an upload needs of its repository. Each call is one attempt, and any of the `expected` statuses a response. */
export interface UploadRequests {
  /** 201 where the blob was mounted, else 202 with the place to upload it to. */
  begin(): Promise<HttpResponse>;
  send(
    request: {
      method: 'GET' | 'PATCH' | 'PUT';
      target: URL;
      headers?: Readonly<Record<string, string>>;
      body?: ReturnType<typeof uploadBody>;
    },
    expected: readonly number[],
  ): Promise<HttpResponse>;
  /** The URL of a `Location`. */
  resolve(location: string, response: HttpResponse): URL;
  /** The error for a status with which this upload cannot go on. */
  failure(response: HttpResponse): Promise<Error>;
  hasBlob(): Promise<boolean>;
}

export interface UploadOptions {
  policy: RetryPolicy;
  idleTimeout: number;
  signal: AbortSignal | undefined;
  onProgress: ProgressListener | undefined;
}

export type UploadedHow = 'mounted' | 'uploaded';

/** Statuses that say: this upload is gone, or is not where we think; another one may do. */
const LOST = [400, 404, 416];
const TOO_LARGE = 413;

/**
 * Sends one blob (OCI distribution-spec, Pushing Blobs): in one request; where that broke or was too large, in parts,
 * of which the registry says how far they came. What cannot be taken up again starts anew.
 */
export class Upload {
  readonly #descriptor: Descriptor;
  readonly #open: OpenContent;
  readonly #requests: UploadRequests;
  readonly #options: UploadOptions;
  /** Undefined where there is no upload to go on with. */
  #url: URL | undefined;
  #offset = 0;
  /** Undefined while the blob goes in one piece. */
  #part: number | undefined;
  /** Whether bytes are there that an earlier attempt sent. */
  #resumed = false;

  constructor(descriptor: Descriptor, open: OpenContent, requests: UploadRequests, options: UploadOptions) {
    this.#descriptor = descriptor;
    this.#open = open;
    this.#requests = requests;
    this.#options = options;
  }

  async run(): Promise<UploadedHow> {
    let failures = 0;
    let furthest = 0;
    for (;;) {
      try {
        return await this.#attempt(failures > 0);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        failures = this.#offset - furthest >= WORTHWHILE_PROGRESS ? 1 : failures + 1;
        furthest = Math.max(furthest, this.#offset);
        await pauseAfter(error, failures, this.#options.policy, this.#options.signal);
        if (this.#descriptor.size > PART) this.#part ??= PART;
        await this.#findOffset();
      }
    }
  }

  /** The answer to what was the last request may have been lost: then the blob is there by now. */
  async #attempt(again: boolean): Promise<UploadedHow> {
    if (again && (await this.#requests.hasBlob())) return 'uploaded';
    if (this.#url === undefined) {
      const opened = await this.#requests.begin();
      await opened.discard();
      if (opened.status === 201) return 'mounted';
      this.#part = atLeast(this.#part, opened);
      this.#moveTo(opened);
      this.#offset = 0;
      this.#resumed = false;
    }
    while (this.#part !== undefined && this.#offset < this.#descriptor.size) {
      if (!(await this.#sendPart(this.#part))) return this.#attempt(false);
    }
    return (await this.#finish()) ? 'uploaded' : this.#attempt(false);
  }

  /** False where it was too large for the server: a new upload of smaller parts is to begin. */
  async #sendPart(length: number): Promise<boolean> {
    const part = { start: this.#offset, end: Math.min(this.#offset + length, this.#descriptor.size) };
    const headers = {
      'content-range': `${part.start}-${part.end - 1}`,
      'content-length': String(part.end - part.start),
    };
    const response = await this.#send('PATCH', this.#url as URL, headers, part, [201, 202, 204]);
    if (response === undefined) return false;
    this.#offset = this.#advanced(part, endOf(response) ?? part.end);
    this.#resumed = true;
    this.#moveTo(response);
    return true;
  }

  /** A registry that took nothing of a part, or more than there is, would have us send for ever. */
  #advanced({ start, end }: UploadPart, said: number): number {
    if (said > start && said <= end) return said;
    throw new TsbuildError('REGISTRY', `the registry has ${said} bytes of a blob after those from ${start} to ${end}`, {
      hint: 'it cannot count what it gets; is there another server in front of it?',
    });
  }

  /** The rest, which is all of it or nothing, and the digest that it must have. */
  async #finish(): Promise<boolean> {
    const part = { start: this.#offset, end: this.#descriptor.size };
    const range = part.start > 0 && part.start < part.end && { 'content-range': `${part.start}-${part.end - 1}` };
    const headers = { 'content-length': String(part.end - part.start), ...range };
    const target = withDigest(this.#url as URL, this.#descriptor.digest);
    return (await this.#send('PUT', target, headers, part, [201, 204])) !== undefined;
  }

  /** Undefined where the request was too large, and smaller parts are to be tried. */
  async #send(
    method: 'PATCH' | 'PUT',
    target: URL,
    headers: Readonly<Record<string, string>>,
    part: UploadPart,
    expected: readonly number[],
  ): Promise<HttpResponse | undefined> {
    const body = uploadBody(this.#descriptor, this.#open, part, this.#options);
    const all = { 'content-type': 'application/octet-stream', ...headers };
    const response = await this.#requests.send({ method, target, headers: all, body }, [
      ...expected,
      ...(this.#canSplit(part) ? [TOO_LARGE] : []),
      ...(this.#resumed ? LOST : []),
    ]);
    if (expected.includes(response.status)) {
      await response.discard();
      return response;
    }
    this.#url = undefined;
    const failure = await this.#requests.failure(response);
    if (response.status !== TOO_LARGE) throw new TransientError(failure as TsbuildError);
    this.#part = Math.max(MIN_PART, Math.min(PART, Math.floor((part.end - part.start) / 2)));
    return undefined;
  }

  #canSplit(part: UploadPart): boolean {
    return part.end - part.start > MIN_PART;
  }

  /** Asks the registry how much it has; where it does not say, the next attempt is a new upload. */
  async #findOffset(): Promise<void> {
    const url = this.#url;
    this.#url = undefined;
    if (url === undefined || this.#part === undefined) return;
    try {
      const response = await this.#requests.send({ method: 'GET', target: url }, [204, 202]);
      await response.discard();
      const end = endOf(response) ?? 0;
      if (end > this.#descriptor.size) return;
      this.#offset = end;
      this.#resumed = true;
      this.#url = url;
      if (response.header('location') !== undefined) this.#moveTo(response);
    } catch (error) {
      if (!(error instanceof TransientError) && !(error instanceof TsbuildError && error.code !== 'CANCELLED'))
        throw error;
    }
  }

  /** `Location` may carry the state of the upload in its query, which stays as it is to the letter. */
  #moveTo(response: HttpResponse): void {
    const location = response.header('location');
    if (location !== undefined) this.#url = this.#requests.resolve(location, response);
    else if (this.#url === undefined) {
      throw new TsbuildError('REGISTRY', `${response.url.host} did not say where to upload to`);
    }
  }
}

/** `0-1023`, also as `bytes=0-1023`: how far an upload is, as the first byte that is missing. */
function endOf(response: HttpResponse): number | undefined {
  const [, last] = /^(?:bytes[= ])?0-(\d{1,15})$/.exec(response.header('range') ?? '') ?? [];
  // An upload that has nothing yet is `0-0`, which is also what has one byte.
  return last === undefined || last === '0' ? undefined : Number(last) + 1;
}

/** Some registries take no parts smaller than they say, but for the last one. */
function atLeast(part: number | undefined, opened: HttpResponse): number | undefined {
  const least = Number(opened.header('oci-chunk-min-length') ?? 0);
  return part === undefined || !Number.isSafeInteger(least) ? part : Math.max(part, least);
}

function withDigest(location: URL, digest: Digest): URL {
  const url = new URL(location);
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  return url;
}
