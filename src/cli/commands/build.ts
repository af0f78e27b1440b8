import type { Argv } from 'yargs';
import type { BuildArguments } from '../build-options.ts';
import { EXECUTION_OPTIONS } from '../execution-options.ts';
import { ON_ERROR_OPTION } from '../on-error.ts';
import { flag, list, value } from '../option-kinds.ts';
import { keepDash } from '../options.ts';

/** `tsbuild build`, and `tsbuild PATH`. The options are docker's. */
export const buildCommand = {
  command: ['build [context]', '$0'],
  describe: 'Build an image from a Dockerfile',
  settings: 'build' as const,
  builder: (yargs: Argv) =>
    buildOptions(yargs)
      .options(ON_ERROR_OPTION)
      .conflicts('on-error', 'watch')
      .example('$0 .', 'build ./Dockerfile')
      .example('$0 -t app:1 --target test .', 'build one stage and name it'),
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
      file: value('Build file [PATH/Dockerfile]; - is stdin', 'f'),
      tag: list('Name of the image, NAME[:TAG]', 't'),
      target: value('Stage to build'),
      'build-arg': list('Value of an ARG, NAME=VALUE, or NAME from the environment'),
      'build-context': list('Files or image by a name: NAME=PATH, a URL, docker-image://…, oci-layout://…'),
      label: list('Label of the image, KEY=VALUE'),
      secret: list('Secret for RUN --mount=type=secret: id=ID[,src=FILE|,env=NAME]'),
      ssh: list('Agent or keys for RUN --mount=type=ssh: default|ID[=SOCKET|KEY[,KEY]]'),
      network: value('Network of steps that name none: default, none or host'),
      'add-host': list('Line of /etc/hosts for steps, NAME:ADDRESS'),
      'shm-size': value('Size of /dev/shm of steps [64m]'),
      ulimit: list('Limit of steps, NAME=SOFT[:HARD]'),
      memory: value('Memory of each step, e.g. 512m', 'm'),
      'memory-swap': value('Memory and swap of each step together; -1 for any'),
      'cpu-shares': value('Weight of each step against others', 'c'),
      'cpu-period': value('Period for --cpu-quota, in microseconds'),
      'cpu-quota': value('Processor time of each step in a period, in microseconds'),
      'cpuset-cpus': value('Processors that steps may use, e.g. 0-1'),
      'cpuset-mems': value('Memory nodes that steps may use'),
      'pids-limit': value('Processes of each step'),
      output: list('type=image|registry|oci|docker|tar|local[,dest=PATH]', 'o'),
      'cache-from': list('Cache of another build: NAME, type=registry,ref=NAME, type=local,src=DIR'),
      'cache-to': list(
        'Where to leave the cache: type=registry,ref=NAME[,mode=max][,mounts=true], type=local,dest=DIR, type=inline',
      ),
      provenance: { type: 'string', describe: 'Attest how it was made [=true]: mode=min|max[,version=v1|v0.2]' },
      sbom: { type: 'string', describe: 'Attest which packages the image has [=true]' },
      attest: list('The long form of both: type=provenance[,mode=max] or type=sbom'),
      'no-cache-filter': list('Run every step of this stage, and what is built on it'),
      platform: list('Build for OS/ARCH[/VARIANT], or several with commas'),
      load: flag('Put the image into the store: what happens without -o, too'),
      pull: flag('Ask the registry for newer base images'),
      push: flag('Push the image: short for -o type=image,push=true'),
      ...EXECUTION_OPTIONS,
      quiet: flag('Print the image ID alone', 'q'),
      check: flag('Check the build file and run nothing: short for --call=check'),
      call: value('Instead of building: check|outline|targets[,format=json]; check ends with 1 where it warns'),
      explain: flag('Say at the end why each step was executed, or was not'),
      watch: flag('Build again whenever something changes that the image is made of'),
      poll: flag('With --watch: look every second, where the system tells of no changes'),
      run: flag('With --watch: run the image, and anew after each build'),
      'run-arg': list('With --run: option of `tsbuild run`, e.g. --run-arg=-p --run-arg=8080:80'),
      iidfile: value('Write the image ID to a file'),
      'metadata-file': value('Write digests and names to a JSON file'),
    })
    .implies({ poll: 'watch', run: 'watch', 'run-arg': 'run' });
}
