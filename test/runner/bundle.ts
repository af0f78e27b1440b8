import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Bundles a script beside the tests into `directory`, where also another user can run it. Returns its path. */
export function bundle(script: string, directory: string, define: Record<string, string> = {}): string {
  const outfile = join(directory, script.replace(/\.ts$/, '.mjs'));
  buildSync({
    entryPoints: [join(import.meta.dirname, script)],
    outfile,
    bundle: true,
    define,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return outfile;
}
