import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasSingleId, inUserNamespace } from '../../runner/index.ts';
import { affectedTargets } from '../../src/affected/affected.ts';
import { type BakeOptions, buildTargetOf, selectBake } from '../../src/bake/index.ts';
import { buildTargets } from '../../src/build/build.ts';
import type { BuildTarget } from '../../src/build/target.ts';
import type { TargetExplanation } from '../../src/explain/types.ts';
import { idOf } from '../../src/export/deliver.ts';
import { importRootfs } from '../../src/export/import.ts';
import { formatReference, parseReference } from '../../src/oci/reference.ts';
import { openStore } from '../../src/store/open.ts';
import { becomeRoot } from '../runner/kit.ts';
import { busyboxRoot } from '../support/busybox.ts';
import { TestRepository } from './repository.ts';

await becomeRoot();

const test = suite('affected: it agrees with what a build then does');

const EDITS = Number(process.env.AFFECTED_EDITS ?? 40);
const SEED = Number(process.env.AFFECTED_SEED ?? 1);

/** Mulberry32: the same edits for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

interface Chance {
  repository: TestRepository;
  /** Text that stands nowhere else. */
  fresh: string;
  one: <T>(of: readonly T[]) => T;
}

const SERVICE_FILES = ['services/a/Dockerfile', 'services/b/Dockerfile', 'services/c/Dockerfile'];
const isPlain = (path: string) => !/(Dockerfile|\.dockerignore|\.hcl)$/.test(path);
const plainFile = ({ repository, one }: Chance) => one(repository.files().filter(isPlain));
const directory = ({ repository, one }: Chance) =>
  one(
    repository
      .files()
      .filter(isPlain)
      .map((path) => path.replace(/\/?[^/]*$/, ''))
      .filter((path) => path !== ''),
  );

const KINDS: Readonly<Record<string, (chance: Chance) => void>> = {
  edit: (chance) => chance.repository.write(plainFile(chance), chance.fresh),
  add: (chance) => chance.repository.write(`${directory(chance)}/a-${chance.fresh}`, chance.fresh),
  'add below': (chance) => chance.repository.write(`${directory(chance)}/${chance.fresh}/deep`, chance.fresh),
  delete: (chance) => chance.repository.remove(plainFile(chance)),
  chmod: (chance) => chance.repository.toggleExecutable(plainFile(chance)),
  rename: (chance) => {
    const path = chance.repository.at(plainFile(chance));
    renameSync(path, path.replace(/[^/]*$/, `other-${chance.fresh}`));
  },
  'ignore rule': ({ repository, one }) =>
    repository.write(
      one(['.dockerignore', 'more/.dockerignore', 'library/.dockerignore', 'services/b/Dockerfile.dockerignore']),
      one([
        '**/*.md\nshared/a2\n',
        '**/t\n',
        'one\n',
        'other\nnotes\n',
        '**/*.md\n!services/d/docs/guide.md\n',
        'services/*/docs\n',
      ]),
    ),
  'more files of a kind': ({ repository, one, fresh }) =>
    repository.replace(
      one(SERVICE_FILES),
      'COPY shared/a* /shared/',
      one([`COPY shared/a* /${fresh}/`, 'COPY shared/* /shared/']),
    ),
  'another command': ({ repository, one, fresh }) =>
    repository.replace(one(SERVICE_FILES), '; echo', `; : ${fresh}; echo`),
  'a comment': ({ repository, one, fresh }) =>
    repository.replace(one(SERVICE_FILES), 'FROM scratch AS unused', `# ${fresh}\nFROM scratch AS unused`),
  'a stage that nobody needs': ({ repository, one, fresh }) =>
    repository.replace(one(SERVICE_FILES), '/test\n', `/test-${fresh}\n`),
  'an instruction more': ({ repository, one, fresh }) =>
    repository.replace(one(SERVICE_FILES), 'LABEL', `ENV MORE=${fresh}\nLABEL`),
  'an instruction less': ({ repository, one }) => repository.replace(one(SERVICE_FILES), /LABEL.*\n/, ''),
  'the last step gone': ({ repository }) =>
    repository.replace('library/Dockerfile', 'COPY code other* /library/\n', 'COPY code /library/\n'),
  argument: ({ repository, fresh }) => repository.replace('docker-bake.hcl', 'default = "1"', `default = "${fresh}"`),
  'argument of all': ({ repository, fresh }) =>
    repository.replace('docker-bake.hcl', 'NAME = item', `NAME = "\${item}-${fresh}"`),
  'argument of nobody': ({ repository, fresh }) =>
    repository.replace('docker-bake.hcl', 'NAME = item', `NAME = item, NOBODY = "${fresh}"`),
  label: ({ repository, fresh }) =>
    repository.replace('docker-bake.hcl', 'target "library" {', `target "library" {\n  labels = { x = "${fresh}" }\n`),
  context: ({ repository }) => repository.replace('docker-bake.hcl', 'more = "more"', 'more = "library"'),
  'a target more': ({ repository, one }) => repository.replace('docker-bake.hcl', '"d"]', one(['"d"]', '"d", "a2"]'])),
  'a target less': ({ repository }) => repository.replace('docker-bake.hcl', ', "d"]', ']'),
  'an inline build file': ({ repository }) => repository.replace('docker-bake.hcl', '/more/\n', '/more/two/\n'),
};

/** Builds in one store, and what it has executed so far. */
class Builder {
  readonly #root: string;
  readonly #executed = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  get settings() {
    const { signal } = new AbortController();
    const place = { root: this.#root, rootless: inUserNamespace(), singleUid: hasSingleId() };
    return { ...place, jobs: 4, isolateNetwork: false, emit: () => undefined, signal };
  }

  async addBusybox(): Promise<void> {
    const { content, images } = await openStore(this.#root);
    const { signal } = new AbortController();
    const { descriptor } = await importRootfs(await busyboxRoot(), content, { signal });
    await images.tag(formatReference(parseReference('busybox')), descriptor);
  }

  /**
   * Of each target the image, and the keys of the steps that some build has executed. A target that cannot be built
   * has no image; the others are then built without it.
   */
  async build(targets: ReadonlyMap<string, BuildTarget>): Promise<Map<string, { image: string; steps: Set<string> }>> {
    const built = new Map<string, { image: string; steps: Set<string> }>();
    const all = await this.#try([...targets.values()], built);
    if (all) return built;
    for (const [name, target] of targets) {
      const links = Object.values(target.contexts ?? {}).map((where) => targets.get(where.replace('target:', '')));
      const group = [...links.filter((link) => link !== undefined), target];
      if (!(await this.#try(group, built))) built.set(name, { image: 'none', steps: new Set() });
    }
    return built;
  }

  async #try(
    targets: readonly BuildTarget[],
    built: Map<string, { image: string; steps: Set<string> }>,
  ): Promise<boolean> {
    let explanations: readonly TargetExplanation[] = [];
    const onExplained = (found: readonly TargetExplanation[]) => {
      explanations = found;
    };
    try {
      const delivered = await buildTargets(targets, { ...this.settings, onExplained });
      const all = explanations.flatMap(({ steps }) => steps);
      for (const { key, outcome } of all) if (outcome === 'miss') this.#executed.add(key);
      for (const [index, { name = '' }] of targets.entries()) {
        const { image } = delivered[index] as (typeof delivered)[number];
        const steps = explanations[index]?.steps.map(({ key }) => key) ?? [];
        built.set(name, {
          image: `${image && idOf(image)} ${targets[index]?.tags}`,
          steps: new Set(steps.filter((key) => this.#executed.has(key))),
        });
      }
      return true;
    } catch {
      return false;
    }
  }
}

async function select(options: BakeOptions): Promise<Map<string, BuildTarget>> {
  const { targets } = await selectBake(options);
  const buildArgs = { SOURCE_DATE_EPOCH: '1700000000' };
  return new Map(
    [...targets].map(([name, target]) => {
      const build = buildTargetOf(target, {});
      return [name, { ...build, epoch: 1_700_000_000, buildArgs: { ...build.buildArgs, ...buildArgs } }];
    }),
  );
}

type Built = Awaited<ReturnType<Builder['build']>>;

/** The targets that are others than before, or of which a step was executed. */
function changed(now: Built, before: Built): string[] {
  const built = [...now].filter(([name, { image, steps }]) => {
    const was = before.get(name);
    return was === undefined || was.image !== image || [...steps].some((key) => !was.steps.has(key));
  });
  return built.map(([name]) => name).sort();
}

/** The same in a store that has seen nothing but the commit: others may have the results of earlier edits. */
async function changedInNewStore(root: string, repository: TestRepository, bake: BakeOptions): Promise<string[]> {
  const builder = new Builder(root);
  await builder.addBusybox();
  const edited = await select(bake);
  repository.git('stash', '-q', '-u');
  const before = await builder.build(await select(bake));
  repository.git('stash', 'pop', '-q');
  return changed(await builder.build(edited), before);
}

test(`${EDITS} random edits of a monorepo, beginning with ${SEED}`, async () => {
  const place = mkdtempSync(join(tmpdir(), 'tsbuild-affected-'));
  try {
    const repository = new TestRepository(join(place, 'repository'));
    const { directory } = repository;
    process.chdir(directory);
    const builder = new Builder(join(place, 'store'));
    await builder.addBusybox();
    const bake = {
      files: [],
      targets: [],
      overrides: [],
      vars: new Map(),
      env: {},
      platform: 'linux/amd64',
      directory,
    };
    const before = await builder.build(await select(bake));
    let changes = 0;
    for (let number = 0; number < EDITS; number++) {
      const random = randomOf(SEED + number);
      const one = <T>(of: readonly T[]): T => of[random(of.length)] as T;
      const kind = one(Object.keys(KINDS));
      KINDS[kind]?.({ repository, one, fresh: `e${SEED + number}` });
      const { targets } = await affectedTargets({ since: 'HEAD', mergeBase: false, bake }, builder.settings);
      const said = targets.map(({ name }) => name).sort();
      let built = changed(await builder.build(await select(bake)), before);
      if (said.join() !== built.join())
        built = await changedInNewStore(join(place, `store-${number}`), repository, bake);
      assert.equal(said, built, `edit ${SEED + number}, ${kind}: ${repository.git('diff', 'HEAD')}`);
      assert.ok(targets.every(({ reasons }) => reasons.every(({ text }) => text.length > 0)));
      changes += built.length > 0 ? 1 : 0;
      repository.reset();
    }
    // Edits that change nothing and edits that change something are both there.
    assert.ok(changes > EDITS / 3 && changes < EDITS, `${changes} of ${EDITS}`);
  } finally {
    process.chdir('/');
    rmSync(place, { recursive: true });
  }
});

test.run();
