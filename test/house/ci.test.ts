import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const ci = suite('.ci/run');

const SCRIPT = resolve(import.meta.dirname, '../../.ci/run');

function readme(command: string): string {
  return `# x\n\n\`\`\`sh\necho other\n\`\`\`\n\n## Test it\n\nType:\n\n\`\`\`sh\n${command}\n\`\`\`\n\n\`\`\`sh\necho second\n\`\`\`\n`;
}

function runWith(text: string): { status: number | null; lines: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-ci-'));
  try {
    cpSync(SCRIPT, join(root, '.ci/run'));
    writeFileSync(join(root, 'README.md'), text);
    const { status, stdout } = spawnSync(join(root, '.ci/run'), { encoding: 'utf8', cwd: '/' });
    return { status, lines: stdout.trimEnd().split('\n') };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const cases: [name: string, text: string, status: number, lines: string[]][] = [
  [
    'runs the block under the heading, and that one only',
    readme('echo "CI=$CI"\necho "3 passed, 0 failed"'),
    0,
    ['CI=true', '3 passed, 0 failed'],
  ],
  ['a failure is a failure', readme('echo "3 passed, 2 failed"; exit 1'), 1, ['3 passed, 2 failed']],
  [
    'the count ends the output',
    readme('echo "3 passed, 0 failed"; echo bye'),
    0,
    ['3 passed, 0 failed', 'bye', '3 passed, 0 failed'],
  ],
  [
    'a failure after the count shows',
    readme('echo "3 passed, 0 failed"; exit 3'),
    1,
    ['3 passed, 0 failed', '3 passed, 1 failed'],
  ],
  ['the first command that fails ends it', readme('false\necho "3 passed, 0 failed"'), 1, ['0 passed, 1 failed']],
  ['a command that counts nothing fails', readme('true'), 1, ['0 passed, 1 failed']],
  [
    'a page without a command fails',
    '# x\n',
    1,
    ['README.md has no fenced command under "## Test it"', '0 passed, 1 failed'],
  ],
];

for (const [name, text, status, lines] of cases) {
  ci(name, () => assert.equal(runWith(text), { status, lines: lines.filter((line) => line !== '') }));
}

ci.run();
