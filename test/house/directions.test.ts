import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const directions = suite('directions of imports');

interface Configuration {
  forbidden: IForbiddenRuleType[];
  options: object;
}

const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as Configuration;

/** One import per row, in a tree of its own kind, and the rule that must report it; '' where it is allowed. */
const cases: [from: string, to: string, rule: string][] = [
  ['src/oci/a.ts', 'src/tar/z.ts', ''],
  ['src/tar/b.ts', 'src/oci/z.ts', 'rooms-tar'],
  ['src/base/c.ts', 'src/tar/z.ts', 'rooms-base'],
  ['src/store/d.ts', 'src/registry/z.ts', 'rooms-store'],
  ['src/registry/e.ts', 'src/store/z.ts', 'rooms-registry'],
  ['src/store/f.ts', 'runner/syscall/z.ts', ''],
  ['src/snapshot/g.ts', 'runner/syscall.ts', ''],
  ['src/snapshot/h.ts', 'runner/mounts.ts', 'rooms-snapshot'],
  ['src/ops/i.ts', 'runner/mounts.ts', ''],
  ['src/export/j.ts', 'runner/mounts.ts', 'rooms-export'],
  ['src/graph/k.ts', 'grammar/z.ts', 'rooms-graph'],
  ['src/graph/l.ts', 'src/frontend/z.ts', 'rooms-graph'],
  ['src/frontend/m.ts', 'grammar/z.ts', ''],
  ['src/frontend/n.ts', 'src/ops/z.ts', 'rooms-frontend'],
  ['src/progress/o.ts', 'src/graph/z.ts', 'rooms-progress'],
  ['runner/p.ts', 'src/oci/z.ts', 'rooms-runner'],
  ['grammar/q.ts', 'src/frontend/z.ts', 'rooms-grammar'],
  ['src/cli/r.ts', 'src/build.ts', ''],
  ['src/build/s.ts', 'src/cli/z.ts', 'rooms-build'],
  ['src/oci/t.ts', 'test/z.ts', 'rooms-oci'],
  ['src/attic/u.ts', 'src/base/z.ts', 'known-room'],
  ['test/v.ts', 'src/attic/z.ts', ''],
  ['src/registry/w.ts', 'node_modules/undici/index.js', ''],
  ['src/store/w.ts', 'node_modules/undici/index.js', 'package-undici'],
  ['src/cli/x.ts', 'node_modules/left-pad/index.js', 'known-package'],
];

/** The rules that fire on a tree of these files, as `rule: file`. */
async function violations(files: Map<string, string>): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-directions-'));
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { tsConfig: _, ...rest } = options as { tsConfig: unknown };
    const { output } = await cruise([...files.keys()], {
      ...rest,
      baseDir: root,
      ruleSet: { forbidden },
      validate: true,
    });
    return (output as ICruiseResult).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function importText(from: string, to: string): string {
  const [, name] = /^node_modules\/([^/]+)/.exec(to) ?? [];
  const path = relative(dirname(from), to);
  return `import '${name ?? (path.startsWith('.') ? path : `./${path}`)}';\n`;
}

const reported = await (async () => {
  const files = new Map<string, string>();
  for (const [, to] of cases) files.set(to, 'export {};\n');
  for (const name of ['undici', 'left-pad']) {
    files.set(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
  }
  for (const [from, to] of cases) files.set(from, importText(from, to));
  return violations(files);
})();

for (const [from, to, rule] of cases) {
  directions(`${from} → ${to}: ${rule === '' ? 'allowed' : 'refused'}`, () => {
    const rules = reported.filter((line) => line.endsWith(`: ${from}`)).map((line) => line.split(':')[0]);
    assert.equal(rules, rule === '' ? [] : [rule]);
  });
}

directions('modules that import each other are refused', async () => {
  const cycle = await violations(
    new Map([
      ['src/base/a.ts', "import './b.ts';\nexport type A = 1;\n"],
      ['src/base/b.ts', "import type { A } from './a.ts';\nexport const b: A = 1;\n"],
    ]),
  );
  assert.ok(cycle.some((line) => line.startsWith('no-cycle')));
});

directions('a module that nobody imports is refused', async () => {
  assert.equal(await violations(new Map([['src/base/a.ts', 'export {};\n']])), ['no-orphan: src/base/a.ts']);
});

directions.run();
