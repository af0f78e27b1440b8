import { type Digest, digestOf } from '../base/digest.ts';

/**
 * The chainID of each layer stack: entry `i` names the file system of the layers 0 to i applied in order
 * (OCI image-spec config.md, Layer ChainID).
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const parent = chain.at(-1);
    chain.push(parent === undefined ? diffId : digestOf(`${parent} ${diffId}`));
  }
  return chain;
}
