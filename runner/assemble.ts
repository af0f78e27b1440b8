import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The source for each processor, and the assembler of Debian's binutils that knows it. */
const SOURCES = {
  x64: { source: 'launcher.S', tools: 'x86_64-linux-gnu-', options: ['--64'] },
  arm64: { source: 'launcher-arm64.S', tools: 'aarch64-linux-gnu-', options: [] },
} as const;

type Processor = keyof typeof SOURCES;

const PROCESSORS = Object.keys(SOURCES) as Processor[];

/** Assembles the source for a processor, with the tools of the machine, into the bytes of the program. */
export function assembleLauncher(processor: Processor): Buffer {
  const { source, tools, options } = SOURCES[processor];
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-assemble-'));
  try {
    const object = join(directory, 'launcher.o');
    const image = join(directory, 'launcher');
    execFileSync(`${tools}as`, [...options, '-o', object, join(here, source)]);
    execFileSync(`${tools}objcopy`, ['-O', 'binary', '-j', '.text', object, image]);
    return readFileSync(image);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The text of `launcher-bytes.ts` for the bytes of all processors. */
export function launcherSource(images: Readonly<Record<Processor, Buffer>>): string {
  const entries = PROCESSORS.map((processor) => {
    const lines = (images[processor].toString('base64').match(/.{1,108}/g) ?? []).map((line) => `    '${line}'`);
    return `  ${processor}:\n${lines.join(' +\n')},`;
  });
  return `// Generated from launcher.S and launcher-arm64.S by \`node --import tsx runner/assemble.ts\`; a test compares.

/** The launcher, a static ELF program, in base64 for each processor as Node calls it. */
export const LAUNCHERS: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
${entries.join('\n')}
};
`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const images = { x64: assembleLauncher('x64'), arm64: assembleLauncher('arm64') };
  writeFileSync(join(here, 'launcher-bytes.ts'), launcherSource(images));
}
