import { digestOf } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import type { TransferOptions } from './blob.ts';
import { Repository, type Target } from './repository.ts';
import { withRetries } from './retry.ts';
import { failureOf } from './status.ts';
import type { HttpResponse } from './transport.ts';
import { Upload, type UploadRequests } from './upload.ts';
import type { OpenContent } from './upload-body.ts';

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

  /** Makes sure that the repository has a blob; `open` gives its content from a byte on, and anew after a failure. */
  async pushBlob(descriptor: Descriptor, open: OpenContent, options: PushOptions = {}): Promise<PushedHow> {
    const { signal, onProgress } = options;
    if (await this.hasBlob(descriptor.digest, signal)) return 'exists';
    const { policy, idleTimeout } = this.session;
    const requests = this.#uploadRequests(descriptor, options);
    return new Upload(descriptor, open, requests, { policy, idleTimeout, signal, onProgress }).run();
  }

  /** Links a blob that another repository of this registry has. False where it does not have it, or does not let us. */
  async mountBlob(descriptor: Descriptor, from: string, signal?: AbortSignal): Promise<boolean> {
    const opened = await withRetries(this.session.policy, signal, () =>
      this.#openUpload(descriptor, { mountFrom: from, signal }),
    );
    await opened.discard();
    return opened.status === 201;
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

  #uploadRequests(descriptor: Descriptor, options: PushOptions): UploadRequests {
    const { signal } = options;
    const subject = `cannot push blob ${descriptor.digest} to ${this.name}`;
    return {
      begin: () => this.#openUpload(descriptor, options),
      send: ({ body, ...request }, expected) => {
        const signals = [body?.stalled, signal].filter((one) => one !== undefined);
        return this.attempt({ ...request, body: body?.open, signal: AbortSignal.any(signals) }, expected, subject);
      },
      resolve: (location, response) => this.session.resolve(location, response),
      failure: (response) => failureOf(response, subject),
      hasBlob: () => this.hasBlob(descriptor.digest, signal),
    };
  }
}
