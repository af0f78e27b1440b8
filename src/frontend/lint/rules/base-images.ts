// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of build files
import type { FromInstruction, Word } from '../../../../grammar/index.ts';
import { suggest } from '../../../base/suggest.ts';
import { formatPlatform, parsePlatform } from '../../../oci/platform.ts';
import { parseReference } from '../../../oci/reference.ts';
import type { Platform } from '../../../oci/types.ts';
import { automaticArguments, globalArguments } from '../../arguments.ts';
import type { ObservedFile } from '../../observer.ts';
import { attempt, expansionOf } from '../expansion.ts';
import type { Report, Rule } from '../rule.ts';

const TARGET_PLATFORM = 'TARGETPLATFORM';

export const undefinedArgInFrom: Rule = {
  name: 'UndefinedArgInFrom',
  description: 'FROM command must use declared ARGs',
  why: 'FROM sees the arguments before the first FROM and nothing else; any other name is empty, whatever `--build-arg` says.',
  bad: 'FROM python:3.13${FLAVOUR}\nRUN python --version\n',
  good: 'ARG FLAVOUR=-slim\nFROM python:3.13${FLAVOUR}\nRUN python --version\n',
  file({ staged, globals }, report) {
    const declared = new Set(staged.globalArgs.flatMap(({ args }) => args.map(({ name }) => name.text)));
    const known = new Set([...declared, ...globals.keys()]);
    for (const { from } of staged.stages) {
      for (const word of [from.image, from.platform]) {
        if (word !== undefined) reportUndeclared(word, from, { staged, globals, known }, report);
      }
    }
  },
};

function reportUndeclared(
  word: Word,
  from: FromInstruction,
  { staged, globals, known }: Pick<ObservedFile, 'staged' | 'globals'> & { known: ReadonlySet<string> },
  report: Report,
): void {
  for (const name of expansionOf(word, globals, staged.file.directives.escape)?.unset ?? []) {
    if (known.has(name)) continue;
    const near = suggest(name, known);
    const message = `FROM argument '${name}' is not declared${near === undefined ? '' : ` (did you mean ${near}?)`}`;
    report({ message, range: word.range, instructions: [from] });
  }
}

export const invalidDefaultArgInFrom: Rule = {
  name: 'InvalidDefaultArgInFrom',
  description: 'Default value for global ARG results in an empty or invalid base image name',
  why: 'The file should build as it stands, without `--build-arg`: tools that read it, and people, have no other values.',
  bad: 'ARG RELEASE\nFROM debian:${RELEASE}\n',
  good: 'ARG RELEASE=bookworm\nFROM debian:${RELEASE}\n',
  file({ staged, options }, report) {
    const at = { source: staged.source, escape: staged.file.directives.escape };
    const defaults = attempt(() =>
      globalArguments(staged.globalArgs, { ...options, buildArgs: {} }, automaticArguments(options), at),
    );
    if (defaults === undefined) return;
    for (const { from } of staged.stages) {
      const base = expansionOf(from.image, defaults, at.escape);
      if (base === undefined || base.used.length === 0) continue;
      if (attempt(() => parseReference(base.value)) !== undefined) continue;
      const message = `Default value for ARG ${from.image.text} results in empty or invalid base image name`;
      report({ message, range: from.image.range, instructions: [from] });
    }
  },
};

export const redundantTargetPlatform: Rule = {
  name: 'RedundantTargetPlatform',
  description: 'Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior',
  why: 'A base image is that of the target platform anyway. Leave the flag out.',
  bad: 'FROM --platform=$TARGETPLATFORM debian\nCOPY app /app\n',
  good: 'FROM debian\nCOPY app /app\n',
  file({ staged, globals }, report) {
    for (const { from } of staged.stages) {
      const { platform } = from;
      const result = platform && expansionOf(platform, globals, staged.file.directives.escape);
      if (!result || result.unset.length > 0 || result.used.join() !== TARGET_PLATFORM) continue;
      if (result.value !== globals.get(TARGET_PLATFORM)) continue;
      const message = `Setting platform to predefined ${platform.text} in FROM is redundant as this is the default behavior`;
      report({ message, range: platform.range, instructions: [from] });
    }
  },
};

export const fromPlatformFlagConstDisallowed: Rule = {
  name: 'FromPlatformFlagConstDisallowed',
  description: 'FROM --platform flag should not use a constant value',
  why:
    'A constant platform makes the image of one platform, whatever platform is asked for. Give a stage that is meant ' +
    'for one platform a name that says so, and choose it with an argument.',
  bad: 'FROM --platform=linux/amd64 golang AS compiler\nRUN go build\n',
  good: 'FROM --platform=$BUILDPLATFORM golang AS compiler\nRUN go build\n',
  file({ staged, globals }, report) {
    for (const { name = '', from } of staged.stages) {
      const { platform } = from;
      const result = platform && expansionOf(platform, globals, staged.file.directives.escape);
      if (!result || result.used.length > 0) continue;
      const constant = attempt(() => parsePlatform(result.value));
      if (constant === undefined || name.includes(constant.os) || name.includes(constant.architecture)) continue;
      const message = `FROM --platform flag should not use constant value ${JSON.stringify(result.value)}`;
      report({ message, range: platform.range, instructions: [from] });
    }
  },
};

export const invalidBaseImagePlatform: Rule = {
  name: 'InvalidBaseImagePlatform',
  description: 'Base image platform does not match expected target platform',
  why: 'Programs of another platform do not run, or run under emulation. Choose an image that has the platform, or say with `--platform` that another one is meant.',
  bad: 'FROM arm64v8/debian\nCOPY app /app\n',
  good: 'FROM debian\nCOPY app /app\n',
  stage({ source: { from }, base }, report) {
    if (base === undefined || base.image.layers.length === 0) return;
    const { name, platform, image } = base;
    const actual: Platform = image.config;
    if (actual.os === platform.os && actual.architecture === platform.architecture) return;
    const [got, wanted] = [actual, platform].map((each) => JSON.stringify(formatPlatform(each)));
    const message = `Base image ${name} was pulled with platform ${got}, expected ${wanted} for current build`;
    report({ message, range: from.image.range, instructions: [from] });
  },
};
