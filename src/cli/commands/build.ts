import type { Argv } from 'yargs';
import type { BuildArguments } from '../build-options.ts';
import { LOCK_OPTIONS } from '../lock-option.ts';
import { ON_ERROR_OPTION } from '../on-error.ts';
import { keepDash } from '../options.ts';
import { RUNTIME_OPTION } from '../runtime-option.ts';

const PROGRESS = ['auto', 'tty', 'plain', 'quiet', 'rawjson'] as const;

/** `tsbuild build`, and `tsbuild PATH`. The options are docker's. */
export const buildCommand = {
  command: ['build [context]', '$0'],
  describe: 'Build an image from a Dockerfile',
  settings: 'build' as const,
  builder: (yargs: Argv) => buildOptions(yargs).options(ON_ERROR_OPTION).conflicts('on-error', 'watch'),
  handler: async (argv: BuildArguments): Promise<number> =>
    argv.check || argv.call !== undefined
      ? (await import('../call-action.ts')).callAction(argv)
      : argv.watch
        ? (await import('../watch-action.ts')).watchAction(argv)
        : (await import('../build-action.ts')).buildAction(argv),
};

/** What commands know that build, or that say something of a build. */
export function buildOptions(yargs: Argv): Argv {
  return yargs
    .positional('context', {
      type: 'string',
      describe: 'Directory, URL or git repository to build from; - is a tar or build file on stdin',
      coerce: keepDash,
    })
    .options({
      file: {
        alias: 'f',
        type: 'string',
        requiresArg: true,
        describe: 'Build file [PATH/Dockerfile]; - is stdin',
      },
      tag: { alias: 't', type: 'string', array: true, requiresArg: true, describe: 'Name of the image, NAME[:TAG]' },
      target: { type: 'string', requiresArg: true, describe: 'Stage to build' },
      'build-arg': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Value of an ARG, NAME=VALUE, or NAME from the environment',
      },
      'build-context': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Files or image by a name: NAME=PATH, a URL, docker-image://…, oci-layout://…',
      },
      label: { type: 'string', array: true, requiresArg: true, describe: 'Label of the image, KEY=VALUE' },
      secret: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Secret for RUN --mount=type=secret: id=ID[,src=FILE|,env=NAME]',
      },
      ssh: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Agent or keys for RUN --mount=type=ssh: default|ID[=SOCKET|KEY[,KEY]]',
      },
      network: {
        type: 'string',
        requiresArg: true,
        describe: 'Network of steps that name none: default, none or host',
      },
      'add-host': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Line of /etc/hosts for steps, NAME:ADDRESS',
      },
      allow: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Grant what a build file asks for: network.host, security.insecure',
      },
      'shm-size': {
        type: 'string',
        requiresArg: true,
        describe: 'Size of /dev/shm of steps [64m]',
      },
      ulimit: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Limit of steps, NAME=SOFT[:HARD]',
      },
      memory: {
        alias: 'm',
        type: 'string',
        requiresArg: true,
        describe: 'Memory of each step, e.g. 512m',
      },
      'memory-swap': {
        type: 'string',
        requiresArg: true,
        describe: 'Memory and swap of each step together; -1 for any',
      },
      'cpu-shares': {
        alias: 'c',
        type: 'string',
        requiresArg: true,
        describe: 'Weight of each step against others',
      },
      'cpu-period': {
        type: 'string',
        requiresArg: true,
        describe: 'Period for --cpu-quota, in microseconds',
      },
      'cpu-quota': {
        type: 'string',
        requiresArg: true,
        describe: 'Processor time of each step in a period, in microseconds',
      },
      'cpuset-cpus': {
        type: 'string',
        requiresArg: true,
        describe: 'Processors that steps may use, e.g. 0-1',
      },
      'cpuset-mems': {
        type: 'string',
        requiresArg: true,
        describe: 'Memory nodes that steps may use',
      },
      'pids-limit': {
        type: 'string',
        requiresArg: true,
        describe: 'Processes of each step',
      },
      output: {
        alias: 'o',
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'type=image|registry|oci|docker|tar|local[,dest=PATH]',
      },
      'cache-from': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Cache of another build: NAME, type=registry,ref=NAME, type=local,src=DIR',
      },
      'cache-to': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe:
          'Where to leave the cache: type=registry,ref=NAME[,mode=max][,mounts=true], type=local,dest=DIR, type=inline',
      },
      provenance: { type: 'string', describe: 'Attest how it was made [=true]: mode=min|max[,version=v1|v0.2]' },
      sbom: { type: 'string', describe: 'Attest which packages the image has [=true]' },
      attest: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'The long form of both: type=provenance[,mode=max] or type=sbom',
      },
      'no-cache': { type: 'boolean', describe: 'Run every step; results are still cached' },
      'no-cache-filter': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Run every step of this stage, and what is built on it',
      },
      platform: {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'Build for OS/ARCH[/VARIANT], or several with commas',
      },
      load: { type: 'boolean', describe: 'Put the image into the store: what happens without -o, too' },
      pull: { type: 'boolean', describe: 'Ask the registry for newer base images' },
      push: { type: 'boolean', describe: 'Push the image: short for -o type=image,push=true' },
      offline: { type: 'boolean', describe: 'Ask no registry: base images and caches come from the store' },
      ...LOCK_OPTIONS,
      ...RUNTIME_OPTION,
      jobs: {
        alias: 'j',
        type: 'string',
        requiresArg: true,
        describe: 'Steps that run at once [number of processors]',
      },
      progress: { choices: PROGRESS, default: 'auto' as const, requiresArg: true, describe: 'How progress is shown' },
      quiet: { alias: 'q', type: 'boolean', describe: 'Print the image ID alone' },
      check: { type: 'boolean', describe: 'Check the build file and run nothing: short for --call=check' },
      call: {
        type: 'string',
        requiresArg: true,
        describe: 'Instead of building: check|outline|targets[,format=json]; check ends with 1 where it warns',
      },
      explain: { type: 'boolean', describe: 'Say at the end why each step was executed, or was not' },
      watch: { type: 'boolean', describe: 'Build again whenever something changes that the image is made of' },
      poll: { type: 'boolean', describe: 'With --watch: look every second, where the system tells of no changes' },
      run: { type: 'boolean', describe: 'With --watch: run the image, and anew after each build' },
      'run-arg': {
        type: 'string',
        array: true,
        requiresArg: true,
        describe: 'With --run: option of `tsbuild run`, e.g. --run-arg=-p --run-arg=8080:80',
      },
      iidfile: { type: 'string', requiresArg: true, describe: 'Write the image ID to a file' },
      'metadata-file': { type: 'string', requiresArg: true, describe: 'Write digests and names to a JSON file' },
    })
    .implies({ poll: 'watch', run: 'watch', 'run-arg': 'run' })
    .example('$0 .', 'build ./Dockerfile')
    .example('$0 -t app:1 --target test .', 'build one stage and name it');
}
