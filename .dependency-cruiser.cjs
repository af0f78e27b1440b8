/**
 * The rooms of the house and what each may import beside itself. The order of the rows is the flow of a build; a row
 * names rooms above it only, so that imports run one way. A new folder under `src/` starts with a row here.
 */
const IMAGE = ['base', 'tar', 'oci'];
const FILES = [...IMAGE, 'threads', 'store', 'registry', 'snapshot', 'context'];
const BUILD = [...FILES, 'graph', 'ops', 'attest', 'export'];
const ROOMS = {
  base: [],
  start: [],
  threads: ['base'],
  runner: ['base'],
  grammar: ['base'],
  progress: ['base'],
  picture: [],
  config: ['base'],
  ssh: ['base'],
  tar: ['base'],
  oci: ['base', 'tar'],
  store: [...IMAGE, 'runner/syscall'],
  registry: [...IMAGE, 'config'],
  snapshot: [...IMAGE, 'threads', 'store', 'registry', 'runner/syscall'],
  context: [...IMAGE, 'threads', 'store', 'registry', 'snapshot'],
  worker: ['threads', 'snapshot', 'context'],
  graph: FILES,
  frontend: ['base', 'oci', 'context', 'graph', 'grammar'],
  ops: [...FILES, 'config', 'graph', 'runner', 'ssh'],
  attest: [...FILES, 'graph', 'ops'],
  export: [...FILES, 'graph', 'ops', 'attest'],
  cache: BUILD,
  containers: [...BUILD, 'runner', 'config'],
  journal: ['base', 'store', 'graph'],
  explain: ['base', 'graph', 'journal'],
  report: ['base', 'oci', 'store', 'snapshot', 'journal', 'explain'],
  prune: [...FILES, 'graph', 'journal'],
  doctor: ['base', 'runner'],
  build: [...BUILD, 'picture', 'config', 'cache', 'frontend', 'runner', 'ssh', 'journal', 'explain'],
  bench: ['base', 'grammar', 'context', 'snapshot', 'store', 'journal', 'build'],
  bake: [...BUILD, 'cache', 'frontend', 'build', 'grammar'],
  affected: [...BUILD, 'frontend', 'build', 'bake', 'journal', 'explain'],
  cli: [
    ...BUILD,
    'affected',
    'config',
    'picture',
    'cache',
    'frontend',
    'build',
    'prune',
    'bake',
    'containers',
    'doctor',
    'progress',
    'grammar',
    'runner',
    'ssh',
    'journal',
    'explain',
    'report',
    'bench',
  ],
};

/** The one room that knows each third-party package; any other room asks that room. */
const PACKAGES = {
  chevrotain: ['grammar'],
  esbuild: ['start'],
  'fast-glob': ['context'],
  'p-limit': ['graph'],
  picocolors: ['progress', 'cli'],
  'tar-stream': ['tar'],
  undici: ['registry'],
  'xxhash-wasm': ['context'],
  yaml: ['bench', 'config', 'bake'],
  yargs: ['cli'],
};

/** A room is a folder or, while it is small, one file: `src/build/…` or `src/build.ts`. */
function pathOf(room) {
  const atTop = /^(runner|grammar)/.test(room);
  return `^${atTop ? '' : 'src/'}${room}(/|[.]ts$)`;
}

function staysInItsRooms([room, allowed]) {
  return {
    name: `rooms-${room}`,
    comment: `${room} may import ${allowed.length === 0 ? 'no other room' : allowed.join(', ')}`,
    severity: 'error',
    from: { path: pathOf(room) },
    to: { path: '^(src|grammar|runner|test|bench)/', pathNot: [room, ...allowed].map(pathOf) },
  };
}

function livesInOneRoom([name, rooms]) {
  return {
    name: `package-${name}`,
    comment: `${name} is imported by ${rooms.join(' and ')} only`,
    severity: 'error',
    from: { path: '^(src|grammar|runner)/', pathNot: rooms.map(pathOf) },
    to: { path: `(^|/)node_modules/${name}/` },
  };
}

module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).map(staysInItsRooms),
    ...Object.entries(PACKAGES).map(livesInOneRoom),
    {
      name: 'known-room',
      comment: 'a folder under src/ that has no row in ROOMS',
      severity: 'error',
      from: { path: '^src/', pathNot: Object.keys(ROOMS).map(pathOf) },
      to: {},
    },
    {
      name: 'known-package',
      comment: 'a package that has no row in PACKAGES (or is not a dependency of the published program)',
      severity: 'error',
      from: { path: '^(src|grammar|runner)/' },
      to: {
        dependencyTypesNot: ['local', 'core', 'type-only', 'aliased-tsconfig'],
        // What begins with a dot is no package but a file that is missing, which `resolvable` reports.
        pathNot: ['^[.]', ...Object.keys(PACKAGES).map((name) => `(^|/)node_modules/(@types/)?${name}/`)],
      },
    },
    {
      name: 'no-tests',
      comment: 'what tests use and what is measured need no test',
      severity: 'error',
      from: { path: '^(fixtures|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycle',
      comment: 'modules that import each other are one module, or miss a third one',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'a module that imports nothing and that nobody imports',
      severity: 'error',
      from: {
        orphan: true,
        path: '^(src|grammar|runner)/',
        pathNot: ['[.]d[.]ts$', '^src/cli/main[.]ts$', '^src/report/page/main[.]ts$'],
      },
      to: {},
    },
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(fixtures/node-service|dist|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
