import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** Assembles `launcher.S` with the `as` and `objcopy` of the machine into the bytes of the program. */
export function assembleLauncher(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-assemble-'));
  try {
    const object = join(directory, 'launcher.o');
    const image = join(directory, 'launcher');
    execFileSync('as', ['--64', '-o', object, join(here, 'launcher.S')]);
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, image]);
    return readFileSync(image);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The text of `launcher-bytes.ts` for these bytes. */
export function launcherSource(image: Buffer): string {
  const lines = (image.toString('base64').match(/.{1,110}/g) ?? []).map((line) => `  '${line}'`);
  return `// Generated from launcher.S by \`node --import tsx runner/assemble.ts\`; a test compares the two.

/** The launcher, a static ELF program for x86-64, in base64. */
export const LAUNCHER_BASE64 =
${lines.join(' +\n')};
`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(here, 'launcher-bytes.ts'), launcherSource(assembleLauncher()));
}
