/**
 * The door to registries. It loads an HTTP client of a megabyte: import it when a registry is really asked
 * (`await import(…)`), and its types with `import type`.
 */
export type { ProgressListener, TransferOptions } from './blob.ts';
export { RegistryClient, type RepositoryName } from './client.ts';
export { HttpClient, type HttpDocument, type HttpGet } from './http.ts';
export type { HttpOptions } from './options.ts';
export type { PushedHow, PushOptions, PushRepository } from './push.ts';
export type { FetchedManifest, Repository } from './repository.ts';
