import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { deriveScenarios } from '../../src/bench/derive.ts';
import { readProject } from '../../src/bench/project.ts';
import { readScenarios } from '../../src/bench/scenario-file.ts';
import type { Change } from '../../src/bench/types.ts';

const test = suite('scenarios of a benchmark');

let directory: string;
test.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-bench-'));
});
test.after.each(() => rmSync(directory, { recursive: true }));

function write(path: string, text = 'x\n'): string {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
  return join(directory, path);
}

interface Row {
  what: string;
  dockerfile: string;
  files: readonly string[];
  /** By the name of the scenario: what is changed, or why there is no such scenario. */
  derived: Readonly<Record<string, Partial<Change> | RegExp>>;
}

const ROWS: readonly Row[] = [
  {
    what: 'npm: the leaf is of the last COPY that has files of its own, and no lock file',
    dockerfile:
      'FROM node:20\nARG LEVEL=1\nCOPY package.json package-lock.json ./\nCOPY src src\nCOPY package.json /last\n',
    files: ['package.json', 'package-lock.json', 'src/b.ts', 'src/a.png', 'src/c.ts'],
    derived: {
      leaf: { kind: 'append', file: 'src/b.ts', text: '\n// {n}\n' },
      lockfile: { kind: 'append', file: 'package-lock.json', text: '{blank}' },
      argument: { kind: 'args', args: { LEVEL: '1{n}' } },
      base: { kind: 'base', image: 'node:20' },
    },
  },
  {
    what: 'pnpm, through stages, with a base that an argument names',
    dockerfile: 'ARG V=3\nFROM python:$V AS a\nFROM a AS b\nCOPY . .\n',
    files: ['pnpm-lock.yaml', 'main.py', '.dockerignore'],
    derived: {
      leaf: { kind: 'append', file: 'main.py', text: '\n# {n}\n' },
      lockfile: { kind: 'append', file: 'pnpm-lock.yaml' },
      argument: /\(V\) choose base images/,
      base: { kind: 'base', image: 'python:3' },
    },
  },
  ...['requirements.txt', 'go.sum', 'Cargo.lock', 'yarn.lock', 'poetry.lock', 'composer.lock'].map((file) => ({
    what: file,
    dockerfile: 'FROM x\nCOPY . .\n',
    files: [`deep/${file}`],
    derived: { lockfile: { kind: 'append', file: `deep/${file}` }, leaf: /no COPY takes a source file/ } as const,
  })),
  {
    what: 'nothing to derive from',
    dockerfile: 'FROM scratch\nCOPY --from=x /a /b\nADD https://example.com/f /f\nCOPY $WHAT /c\n',
    files: ['a.ts'],
    derived: {
      leaf: /no COPY takes files of the context/,
      lockfile: /no COPY takes a lock file/,
      argument: /no stage declares an ARG/,
      base: /FROM scratch/,
    },
  },
  {
    what: 'a flag, and a base by its digest',
    dockerfile: `FROM x@sha256:${'0'.repeat(64)}\nARG DEBUG=false\nCOPY hidden /\n`,
    files: ['hidden/f.go'],
    derived: {
      argument: { kind: 'args', args: { DEBUG: 'true' } },
      base: /chosen by its digest/,
      leaf: { file: 'hidden/f.go' },
    },
  },
];

for (const { what, dockerfile, files, derived } of ROWS) {
  test(`${what}`, async () => {
    for (const file of files) write(file, file === '.dockerignore' ? '*.md\n' : file.endsWith('.png') ? '\0' : 'x\n');
    write('Dockerfile', dockerfile);
    const { scenarios, skipped } = deriveScenarios(await readProject(directory, undefined), { args: {} });
    for (const [name, expected] of Object.entries(derived)) {
      const change: Record<string, unknown> = { ...scenarios.find((scenario) => scenario.name === name)?.change };
      if (expected instanceof RegExp) {
        assert.match(skipped.find((one) => one.name === name)?.reason ?? '', expected);
      } else
        for (const [field, value] of Object.entries(expected)) assert.equal(change[field], value, `${name}.${field}`);
    }
    assert.equal(
      scenarios.filter(({ store }) => store !== 'warm').map(({ name }) => name),
      ['cold', 'remote'],
    );
  });
}

const GOOD = `build: { target: app, args: { A: 1 } }
scenarios:
  - { name: first, store: cold }
  - name: one line
    runs: 5
    append: { file: src/a.ts, text: "// {n}" }
  - { name: other, args: { B: x } }
  - { name: gone, remove: src/b.ts }
  - { name: times, touch: true }
`;

test('a scenario file is read', () => {
  const { build, scenarios } = readScenarios(write('bench.yaml', GOOD));
  assert.equal(build, { file: undefined, target: 'app', args: { A: '1' } });
  assert.equal(
    scenarios.map(({ name, store, change, runs }) => [name, store, change.kind, runs]),
    [
      ['first', 'cold', 'none', undefined],
      ['one line', 'warm', 'append', 5],
      ['other', 'warm', 'args', undefined],
      ['gone', 'warm', 'remove', undefined],
      ['times', 'warm', 'touch', undefined],
    ],
  );
});

const WRONG: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
  ['scenarios:\n  - name: a\n   b: [\n', 3, 1, /./],
  ['scenarios: 3\n', 1, 12, /scenarios is not a list/],
  ['scenarios: []\n', 1, 12, /has none/],
  ['scenarios:\n  - { touch: true }\n', 2, 5, /has no name/],
  ['scenarios:\n  - { name: a, edit: f }\n', 2, 16, /unknown field edit/],
  ['scenarios:\n  - { name: a, store: hot }\n', 2, 23, /cold, warm, remote, not hot/],
  ['scenarios:\n  - { name: a, remove: ../f }\n', 2, 24, /outside of the project/],
  ['scenarios:\n  - { name: a, remove: /f }\n', 2, 24, /outside of the project/],
  ['scenarios:\n  - { name: a, append: { file: f } }\n', 2, 24, /append has no text/],
  ['scenarios:\n  - { name: a, runs: 0 }\n', 2, 22, /whole number/],
  ['scenarios:\n  - { name: a, touch: true, remove: f }\n', 2, 37, /one change: touch, remove/],
  ['build: 1\nscenarios:\n  - name: a\n', 1, 8, /build is not a map/],
];

for (const [text, line, column, message] of WRONG) {
  test(`a scenario file that says ${JSON.stringify(text)} is told where it is wrong`, () => {
    try {
      readScenarios(write('bench.yaml', text));
      assert.unreachable();
    } catch (error) {
      assert.instance(error, TsbuildError);
      const { location, message: told } = error as TsbuildError;
      assert.match(told, message);
      assert.equal([location?.start.line, location?.start.column], [line, column]);
    }
  });
}

test.run();
