import type { Reference } from './cases.ts';

/** Where we differ from another builder on purpose, or where it is known to differ from the reference. */
export interface Difference {
  against: Reference;
  /** Undefined: in every case. */
  case?: string;
  /** The beginning of the line of the disagreement: `config Env`, `file etc/hosts`. */
  what: string;
  reason: string;
}

const SCRATCH_DIRECTORY = 'as with BuildKit, an image from scratch starts in /';
const CHMOD = 'as with BuildKit, --chmod holds for directories and for the parents that COPY makes too';
const SPECIAL_BITS = 'as with BuildKit, files of the context keep setuid and setgid';
const VOLUMES = 'as with BuildKit, VOLUME makes no directory';
const ARCHIVE_ROOT = 'as with BuildKit, the entry ./ of an archive leaves the destination as it is';
const ARGUMENTS =
  'as with BuildKit, an ARG with a value wins over ENV in its stage, and goes on in a stage built FROM it';

/** How builders differ from us in every case. */
const EVERYWHERE: readonly Difference[] = ['etc/hostname', 'etc/hosts', 'etc/resolv.conf', 'run'].map((path) => ({
  against: 'buildah',
  what: `file ${path}: ours nothing`,
  reason: 'buildah leaves the mount points of its sandbox in the layer of a RUN',
}));

const IN_ONE_CASE: readonly [Reference, string, string, string][] = [
  ...['bz2', 'gz', 'misnamed', 'plain', 'xz'].map((name): [Reference, string, string, string] => [
    'buildah',
    'add-archives',
    `file ${name}`,
    ARCHIVE_ROOT,
  ]),
  ['buildah', 'arguments', 'config Labels', ARGUMENTS],
  ['buildah', 'arguments', 'file args', ARGUMENTS],
  ['buildah', 'arguments', 'file inherited', ARGUMENTS],
  ['buildah', 'copy-chmod-octal', 'file b: ours "directory 640', CHMOD],
  ['buildah', 'copy-chmod-octal', 'file c', CHMOD],
  ['buildah', 'copy-from-image', 'config WorkingDir', SCRATCH_DIRECTORY],
  [
    'buildah',
    'copy-ignored-twice',
    'file all/sub/sub',
    'buildah does not find `!sub/**/x.md` below an ignored directory',
  ],
  ['buildah', 'copy-modes', 'file m/setgid', SPECIAL_BITS],
  ['buildah', 'copy-modes', 'file m/setuid', SPECIAL_BITS],
  ['buildah', 'copy-modes', 'file m2/other', SPECIAL_BITS],
  ['buildah', 'copy-overwrites', 'file t/g', 'as with BuildKit, a link at the destination is followed'],
  ['buildah', 'copy-overwrites', 'file t/link', 'as with BuildKit, a link at the destination is followed'],
  [
    'buildah',
    'escape-backtick',
    'config Env',
    'buildah takes a backslash for the escape character in ENV whatever the directive says',
  ],
  ['buildah', 'ports', 'config ExposedPorts', 'as with BuildKit, ranges are expanded and protocols are in lower case'],
  ['buildah', 'scratch', 'config WorkingDir', SCRATCH_DIRECTORY],
  ['buildah', 'shells', 'config Cmd', 'buildah 1.28 forgets SHELL where it commits once'],
  ['buildah', 'shells', 'config Entrypoint', 'buildah 1.28 forgets SHELL where it commits once'],
  ['buildah', 'volumes', 'file json path', VOLUMES],
  ['buildah', 'volumes', 'file other', VOLUMES],
  [
    'docker',
    'add-archives',
    'file xz',
    'Docker unpacks xz with the program of that name, and copies the archive where the engine does not find it',
  ],
];

export const DIFFERENCES: readonly Difference[] = [
  ...EVERYWHERE,
  ...IN_ONE_CASE.map(([against, name, what, reason]) => ({ against, case: name, what, reason })),
];
