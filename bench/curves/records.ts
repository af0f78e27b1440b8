import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, hexOf } from '../../src/base/digest.ts';

/** As the cache spreads its records over directories: by so many digits of the key. */
const SHARD = 2;

/** Writes records of steps that nobody builds, half of each level, as a store of many builds has them. */
export function fillWithRecords(root: string, count: number): void {
  for (const kind of ['definitions', 'results']) {
    for (let shard = 0; shard < 16 ** SHARD; shard++) {
      mkdirSync(join(root, 'v1', kind, shard.toString(16).padStart(SHARD, '0')), { recursive: true, mode: 0o700 });
    }
  }
  for (let index = 0; index < count / 2; index++) {
    const [definition, content] = [digestOf(`definition ${index}`), digestOf(`content ${index}`)];
    const preImage = { op: { kind: 'run', args: ['/bin/sh', '-c', `echo ${index}`] }, inputs: [], material: null };
    write(root, 'definitions', definition, { content, preImage });
    const result = { value: { snapshot: null }, created: 0, duration: 1, name: `RUN echo ${index}`, preImage };
    write(root, 'results', content, result);
  }
}

function write(root: string, kind: string, key: `sha256:${string}`, record: unknown): void {
  const hex = hexOf(key);
  writeFileSync(join(root, 'v1', kind, hex.slice(0, SHARD), `${hex.slice(SHARD)}.json`), JSON.stringify(record));
}
