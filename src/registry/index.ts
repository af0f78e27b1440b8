/**
 * The door to registries. It loads an HTTP client of a megabyte: import it when a registry is really asked
 * (`await import(…)`), and its types with `import type`.
 */
export { RegistryClient } from './client.ts';
export { HttpClient, type HttpDocument } from './http.ts';
export { type LoginPlace, removeLogin, storeLogin } from './login.ts';
export type { HttpOptions } from './options.ts';
export type { PushRepository } from './push.ts';
export type { ReadableRepository } from './repository.ts';
