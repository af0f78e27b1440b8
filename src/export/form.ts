import type { Compression } from './compression.ts';

/** How an image leaves the store. */
export interface ImageForm {
  compression: Compression;
  /** Docker's older media types instead of OCI's. */
  dockerTypes: boolean;
}
