import type { Readable } from 'node:stream';
import { type Digest, digestOf } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import type { TransferOptions } from './blob.ts';
import { Repository, type Target } from './repository.ts';
import { withRetries } from './retry.ts';
import type { HttpResponse } from './transport.ts';
import { uploadBody } from './upload-body.ts';

export interface PushOptions extends TransferOptions {
  /** Path of another repository of the same registry that may have the blob: it is linked instead of sent. */
  mountFrom?: string | undefined;
}

export type PushedHow = 'exists' | 'mounted' | 'uploaded';

/** A repository to which images are pushed: blobs first, then the manifest that names them. */
export class PushRepository extends Repository {
  protected override get scopes(): readonly string[] {
    return [`repository:${this.path}:pull,push`];
  }

  /** Makes sure that the repository has a blob; `open` gives its content, and anew after a failure. */
  pushBlob(descriptor: Descriptor, open: () => Readable, options: PushOptions = {}): Promise<PushedHow> {
    return withRetries(this.session.policy, options.signal, async () => {
      if (await this.hasBlob(descriptor.digest, options.signal)) return 'exists';
      const opened = await this.#openUpload(descriptor, options);
      await opened.discard();
      if (opened.status === 201) return 'mounted';
      await this.#upload(descriptor, open, this.#uploadUrl(opened, descriptor.digest), options);
      return 'uploaded';
    });
  }

  /** Stores a manifest or index under its digest and, where `tag` is given, under that name. */
  async pushManifest(bytes: Uint8Array, mediaType: string, tag?: string, signal?: AbortSignal): Promise<Descriptor> {
    const digest = digestOf(bytes);
    const target: Target = tag ?? digest;
    const response = await this.request(
      {
        method: 'PUT',
        target: `${this.path}/manifests/${target}`,
        headers: { 'content-type': mediaType },
        body: () => bytes,
        signal,
      },
      [201],
      `cannot push ${this.name}${tag === undefined ? '@' : ':'}${target}`,
    );
    await response.discard();
    const stored = response.header('docker-content-digest') ?? digest;
    if (stored === digest) return { mediaType, digest, size: bytes.length };
    throw new TsbuildError('REGISTRY', `the registry stored ${digest} under another digest: ${JSON.stringify(stored)}`);
  }

  /** 201 where the blob was mounted, else 202 with the place to upload it to. */
  #openUpload({ digest }: Descriptor, { mountFrom, signal }: PushOptions): Promise<HttpResponse> {
    const mount = mountFrom === undefined ? '' : `?mount=${digest}&from=${encodeURIComponent(mountFrom)}`;
    const scopes = mountFrom === undefined ? this.scopes : [...this.scopes, `repository:${mountFrom}:pull`];
    const headers = { 'content-length': '0' };
    const target = `${this.path}/blobs/uploads/${mount}`;
    const expected = mountFrom === undefined ? [202] : [201, 202];
    return this.attempt({ method: 'POST', target, headers, scopes, signal }, expected, `cannot push to ${this.name}`);
  }

  /** `Location` may carry the state of the upload in its query, which stays as it is to the letter. */
  #uploadUrl(opened: HttpResponse, digest: Digest): URL {
    const location = opened.header('location');
    if (location === undefined) {
      throw new TsbuildError('REGISTRY', `${opened.url.host} did not say where to upload to`);
    }
    const url = this.session.resolve(location, opened);
    url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
    return url;
  }

  async #upload(descriptor: Descriptor, open: () => Readable, url: URL, options: PushOptions): Promise<void> {
    const body = uploadBody(descriptor, open, this.session.idleTimeout, options.onProgress);
    const signal = AbortSignal.any([body.stalled, ...(options.signal === undefined ? [] : [options.signal])]);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(descriptor.size) };
    const subject = `cannot push blob ${descriptor.digest} to ${this.name}`;
    const request = { method: 'PUT', target: url, headers, body: body.open, signal } as const;
    await (await this.attempt(request, [201], subject)).discard();
  }
}
