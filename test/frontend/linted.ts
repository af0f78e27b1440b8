import { TsbuildError } from '../../src/base/error.ts';
import { parseIgnoreFile } from '../../src/base/ignore.ts';
import { type Finding, Linter } from '../../src/frontend/lint/linter.ts';
import { parseBuildFile } from '../../src/frontend/parse.ts';
import { surveyStages } from '../../src/frontend/plan.ts';
import type { ContainerConfig } from '../../src/oci/types.ts';
import { imageOf } from './planned.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };

export interface LintTest {
  target?: string;
  buildArgs?: Record<string, string>;
  /** The ignore file. */
  ignore?: string;
  /** Configurations of images; every other one is empty. Those of `arm64v8/` are for that platform, `gone` is none. */
  images?: Record<string, ContainerConfig>;
}

export interface Linted {
  findings: Finding[];
  errors: string[];
}

/** Checks a build file as `--check` does, with images that only have a configuration. */
export async function linted(text: string, { ignore = '', images = {}, ...options }: LintTest = {}): Promise<Linted> {
  const errors: string[] = [];
  const file = parseBuildFile({ name: 'Dockerfile', text });
  const buildArgs = options.buildArgs ?? {};
  const linter = new Linter(file, { buildArgs, ignore: parseIgnoreFile(ignore) });
  const rest = await surveyStages(
    file,
    {
      ...options,
      buildArgs,
      labels: {},
      scope: '',
      noCache: false,
      buildPlatform: AMD64,
      targetPlatform: AMD64,
      tolerance: {
        error: (error) => errors.push(error.message),
        standIn: ({ name }) => ({ ...imageOf(name, { layers: 0 }), unknown: true }),
      },
      resolveImage: async ({ name }) => {
        if (name === 'gone') throw new TsbuildError('NOT_FOUND', 'image gone not found');
        const image = imageOf(name, images[name] === undefined ? {} : { config: images[name] });
        return name.startsWith('arm64v8/') ? { ...image, config: { ...image.config, ...ARM64 } } : image;
      },
      warn: () => undefined,
    },
    linter,
  );
  errors.push(...rest.map((error) => (error as Error).message));
  return { findings: linter.findings, errors };
}
